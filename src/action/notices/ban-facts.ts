import { formatMatch } from "../../model";
import type { BanTarget } from "../action";
import { addressOf } from "../ban-tags";
import { listTags } from "./json-template";
import type { BanFacts } from "./notice";

const MOST_MATCHES = 30;
const LONGEST_MATCH = 600;
const LONGEST_TAG = 2000;
/** Tags that are told with every ban, and those that need the name service, for which no ban waits. */
const USUAL = new Set([
  "ip",
  "fid",
  "family",
  "time",
  "bantime",
  "bancount",
  "failures",
  "restored",
  "matches",
  "ip-host",
  "title",
  "text",
]);

/** Which lines go with a ban, and the further tags its settings mention. */
export interface WantedFacts {
  readonly lines: "matches" | "ipmatches" | "ipjailmatches";
  readonly tags: readonly string[];
}

/** What the options of an action ask for. */
export function findWanted(options: Readonly<Record<string, string>>): WantedFacts {
  const { lines } = options;
  const tags = Object.values(options).flatMap(listTags);
  return {
    lines: lines === "ipmatches" || lines === "ipjailmatches" ? lines : "matches",
    tags: [...new Set(tags)].filter((tag) => !USUAL.has(tag)),
  };
}

/** A ban as plain data of bounded size. Tags that are not known at once are left out: no ban waits for a look-up. */
export function takeFacts({ ban, family, tags }: BanTarget, wanted: WantedFacts): BanFacts {
  const { data } = ban;
  const values = wanted.tags.flatMap((tag): [string, string][] => {
    const value = tags(tag);
    return typeof value === "string" ? [[tag, value.slice(0, LONGEST_TAG)]] : [];
  });
  return {
    ip: addressOf(ban),
    fid: ban.offender.id,
    family,
    time: ban.time,
    bantime: ban.bantime,
    bancount: ban.bancount,
    failures: data.failures,
    restored: ban.restored,
    matches: takeLines(tags, wanted) ?? cutLines(data.matches.slice(0, MOST_MATCHES).map(formatMatch)),
    tags: Object.fromEntries(values),
  };
}

/** Lines of earlier bans as well; they come joined. */
function takeLines(tags: BanTarget["tags"], { lines }: WantedFacts): readonly string[] | undefined {
  const text = lines === "matches" ? undefined : tags(lines);
  return typeof text === "string" ? cutLines(text.split("\n", MOST_MATCHES)) : undefined;
}

function cutLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.slice(0, LONGEST_MATCH));
}
