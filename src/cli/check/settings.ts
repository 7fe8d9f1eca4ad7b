import type { StreamEntry } from "../../config";
import { parseTimezone, createDateDetector } from "../../date";
import { compileIncrement } from "../../jail";
import {
  evaluateDuration,
  formatDuration,
  formatPythonText,
  messageOf,
  secondsOf,
  type Problem,
} from "../../model";
import { parseEncoding } from "../../source";
import { jailProblem, originOf, textOf, type FoldedJail } from "./jail-fold";

/** iptables takes chain names of at most 28 characters, and `f2b-` is put in front. */
const LONGEST_NAME = 25;
const USEDNS = ["yes", "warn", "no", "raw"];
const ADVICE = "write seconds, or 10m, 1h, 1d";

/** Looks at the server's settings; `purgeAge` is for how many seconds bans are remembered. */
export function checkServer(entries: readonly StreamEntry[]): {
  readonly problems: readonly Problem[];
  readonly purgeAge: number | undefined;
} {
  const entry = entries.find(({ command }) => command[1] === "dbpurgeage");
  const database = entries.find(({ command }) => command[1] === "dbfile")?.command[2];
  const text = formatPythonText(entry?.command[2] ?? "1d");
  const purgeAge = secondsOf(text);
  const place = entry?.origin ? { origin: entry.origin } : {};
  const problems: Problem[] =
    purgeAge === undefined
      ? [{ severity: "error", message: `dbpurgeage = ${text} is no time; ${ADVICE}`, ...place }]
      : [];
  return { problems, purgeAge: database === "None" ? undefined : purgeAge };
}

/** Looks at the settings of one jail. */
export function checkSettings(jail: FoldedJail, purgeAge: number | undefined): Problem[] {
  return [
    ...checkName(jail),
    ...checkTimes(jail, purgeAge),
    ...checkIncrement(jail),
    ...checkUsedns(jail),
    ...checkDates(jail),
    ...checkEncoding(jail),
  ];
}

function checkName(jail: FoldedJail): Problem[] {
  const { name } = jail.spec;
  const message = `the name has ${name.length} characters; iptables chains called f2b-${name} need ${LONGEST_NAME} or fewer`;
  return name.length > LONGEST_NAME ? [jailProblem(jail, "warning", message, undefined)] : [];
}

function checkTimes(jail: FoldedJail, purgeAge: number | undefined): Problem[] {
  const problems: Problem[] = [];
  for (const option of ["findtime", "bantime"] as const) {
    const text = jail.spec[option];
    try {
      const { value } = evaluateDuration(text);
      if (option === "findtime" && value <= 0) {
        const message = `findtime = ${text} looks back no time at all, so no failure ever counts`;
        problems.push(jailProblem(jail, "error", message, originOf(jail, option)));
      }
    } catch (error) {
      const message = `${option} = ${text} is no time (${messageOf(error)}); ${ADVICE}`;
      problems.push(jailProblem(jail, "error", message, originOf(jail, option)));
    }
  }
  const findtime = secondsOf(jail.spec.findtime);
  if (findtime !== undefined && purgeAge !== undefined && findtime > purgeAge) {
    const message = `findtime is ${formatDuration(findtime)}, but bans are remembered for ${formatDuration(purgeAge)} only; set dbpurgeage in fail2ban.local to more`;
    problems.push(jailProblem(jail, "warning", message, originOf(jail, "findtime")));
  }
  if (jail.spec.maxretry < 1) {
    const message = `maxretry = ${jail.spec.maxretry}: every failure bans, as with 1`;
    problems.push(jailProblem(jail, "warning", message, originOf(jail, "maxretry")));
  }
  return problems;
}

/** Each option by itself, so that all that are wrong are told; they matter only where bans grow. */
function checkIncrement(jail: FoldedJail): Problem[] {
  const { increment, ...options } = jail.spec.increment;
  const grows = increment === true;
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(options)) {
    try {
      compileIncrement({ increment: true, [name]: value });
    } catch (error) {
      const note = grows ? "" : " (of no effect while bantime.increment is off)";
      const origin = originOf(jail, `bantime.${name}`);
      problems.push(jailProblem(jail, grows ? "error" : "warning", messageOf(error) + note, origin));
    }
  }
  return problems;
}

function checkUsedns(jail: FoldedJail): Problem[] {
  const word = textOf(jail, "usedns");
  const message = `usedns = ${word ?? ""} is not known and counts as "no"; use ${USEDNS.join(", ")}`;
  return word === undefined || USEDNS.includes(word.toLowerCase())
    ? []
    : [jailProblem(jail, "warning", message, originOf(jail, "usedns"))];
}

function checkDates(jail: FoldedJail): Problem[] {
  const { datepattern, logtimezone } = jail.spec.filter;
  const problems: Problem[] = [];
  if (logtimezone && parseTimezone(logtimezone) === undefined) {
    const message = `logtimezone = ${logtimezone} is not known; write UTC, UTC+0200 or Z`;
    problems.push(jailProblem(jail, "error", message, originOf(jail, "logtimezone")));
  }
  try {
    createDateDetector({ datepattern: datepattern?.text ?? "" });
  } catch (error) {
    const entry = jail.entries.find(({ command }) => command[2] === "datepattern");
    const bad = (datepattern?.text ?? "").split("\n").findIndex((line) => !isDatePattern(line));
    const message = `datepattern cannot be used: ${messageOf(error)}`;
    problems.push(jailProblem(jail, "error", message, entry?.origins?.[bad] ?? entry?.origin));
  }
  return problems;
}

function isDatePattern(line: string): boolean {
  try {
    createDateDetector({ datepattern: line });
    return true;
  } catch {
    return false;
  }
}

function checkEncoding(jail: FoldedJail): Problem[] {
  const { logencoding } = jail.spec.source;
  const message = `logencoding = ${logencoding} is not known; use auto, utf-8, latin1 …`;
  return parseEncoding(logencoding)
    ? []
    : [jailProblem(jail, "error", message, originOf(jail, "logencoding"))];
}
