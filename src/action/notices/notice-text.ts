import { formatDuration, PERMANENT } from "../../model";
import { formatDateTime } from "../../platform";
import { cleanLine, cleanLines, type LineLimits } from "./clean-text";
import type { BanFacts, Notice, NoticeBatch, NoticeEvent } from "./notice";

/** How much a text tells. */
export interface TextManner {
  /** The name of this machine. */
  readonly host: string;
  /** Log lines of a single ban; none when absent. */
  readonly matches?: LineLimits;
  /** Rows of a digest. */
  readonly rows: number;
}

/** A message for people; every part of it is clean. */
export interface NoticeText {
  readonly title: string;
  readonly lines: readonly string[];
}

const LONGEST_ID = 100;
const VERBS: Readonly<Record<NoticeEvent, string>> = {
  ban: "banned",
  unban: "unbanned",
  start: "started",
  stop: "stopped",
};

/** What to say of one notice, or of many in a digest. */
export function composeText(batch: NoticeBatch, manner: TextManner): NoticeText {
  const [only] = batch.notices;
  const isSingle = batch.notices.length === 1 && batch.omitted === 0;
  return only && isSingle ? composeSingle(only, batch.isReduced, manner) : composeDigest(batch, manner);
}

/** An address or another id, short and clean. */
function showId(facts: BanFacts): string {
  return cleanLine(facts.ip, LONGEST_ID);
}

/** A ban time for people. */
function showBantime(seconds: number): string {
  return seconds === PERMANENT ? "for ever" : `for ${formatDuration(Math.round(seconds))}`;
}

function composeSingle(notice: Notice, isReduced: boolean, manner: TextManner): NoticeText {
  const { event, facts } = notice;
  const jail = cleanLine(notice.jail, LONGEST_ID);
  if (!facts) {
    return {
      title: `${jail}: ${VERBS[event]} on ${manner.host}`,
      lines: [`The jail ${jail} has been ${VERBS[event]} on ${manner.host}.`],
    };
  }
  const id = showId(facts);
  const title = `${jail}: ${VERBS[event]} ${id} from ${manner.host}`;
  if (event === "unban") {
    return { title, lines: [`The jail ${jail} on ${manner.host} has let go of ${id}.`] };
  }
  const { matches } = manner;
  const lines = matches && !isReduced ? cleanLines(facts.matches, matches) : [];
  return {
    title,
    lines: [
      `The jail ${jail} on ${manner.host} has banned ${id} ${showBantime(facts.bantime)}, after ${plural(facts.failures, "failure")}.`,
      ...(facts.bancount > 1 ? [`It is ban number ${facts.bancount} of this offender.`] : []),
      `Last failure: ${formatDateTime(facts.time)}`,
      ...(lines.length > 0 ? ["", "Lines of the log:", ...lines] : []),
    ],
  };
}

function composeDigest(batch: NoticeBatch, manner: TextManner): NoticeText {
  const groups = groupByJail(batch.notices);
  const counts = (["ban", "unban", "start", "stop"] as const).flatMap((event) => countEvents(batch, event));
  const omitted = batch.omitted > 0 ? [`${batch.omitted} more`] : [];
  const jails = [...groups.keys()].slice(0, 5).join(", ");
  const more = groups.size > 5 ? `, ${groups.size - 5} more jails` : "";
  const times = batch.notices.map(({ at }) => at);
  const period =
    times.length > 0
      ? `From ${formatDateTime(Math.min(...times))} to ${formatDateTime(Math.max(...times))} on ${manner.host}:`
      : `On ${manner.host}:`;
  return {
    title: `${[...counts, ...omitted].join(", ")} on ${manner.host}${jails === "" ? "" : ` (${jails}${more})`}`,
    lines: [
      period,
      ...listGroups(groups, batch.isReduced ? 0 : manner.rows),
      ...(batch.omitted > 0
        ? ["", `${plural(batch.omitted, "further notice")} came in too fast to be listed.`]
        : []),
    ],
  };
}

/** An offender banned by several jails is one. */
function countEvents(batch: NoticeBatch, event: NoticeEvent): readonly string[] {
  const some = batch.notices.filter((notice) => notice.event === event);
  if (some.length === 0) {
    return [];
  }
  if (event === "start" || event === "stop") {
    return [`${plural(some.length, "jail")} ${VERBS[event]}`];
  }
  const offenders = new Set(some.map(({ facts }) => facts?.fid)).size;
  return [`${plural(offenders, "offender")} ${VERBS[event]}`];
}

function groupByJail(notices: readonly Notice[]): ReadonlyMap<string, readonly Notice[]> {
  const groups = new Map<string, Notice[]>();
  for (const notice of notices) {
    const jail = cleanLine(notice.jail, LONGEST_ID);
    const group = groups.get(jail) ?? [];
    groups.set(jail, group);
    group.push(notice);
  }
  return groups;
}

function listGroups(groups: ReadonlyMap<string, readonly Notice[]>, rows: number): readonly string[] {
  let left = rows;
  return [...groups].flatMap(([jail, notices]) => {
    const shown = notices.slice(0, left);
    left -= shown.length;
    const rest = notices.length - shown.length;
    return ["", `${jail}:`, ...shown.map(formatRow), ...(rest > 0 ? [`  (${rest} more)`] : [])];
  });
}

function formatRow({ event, at, facts }: Notice): string {
  if (!facts) {
    return `  ${formatDateTime(at)} ${VERBS[event]}`;
  }
  const details =
    event === "ban" ? `, ${plural(facts.failures, "failure")}, ${showBantime(facts.bantime)}` : "";
  return `  ${formatDateTime(at)} ${VERBS[event]} ${showId(facts)}${details}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
