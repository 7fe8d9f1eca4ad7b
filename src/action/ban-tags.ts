import {
  formatMatch,
  formatPython,
  formatPythonFloat,
  parseIp,
  PyTuple,
  reverseIp,
  type Ban,
  type CommandValue,
  type MatchedLine,
} from "../model";
import type { BanTarget, TagSource } from "./action";
import type { ActionContext, MergeScope } from "./action-context";

/** The address a ban is about; its id when no other address is known. */
export function addressOf(ban: Ban): string {
  return ban.ip ?? ban.offender.id;
}

/** A ban with its tags, whose values are worked out when a command asks for them and then kept. */
export function createBanTarget(ban: Ban, context: ActionContext): BanTarget {
  const ip = parseIp(addressOf(ban));
  return { ban, family: ip?.family ?? "None", tags: remember((tag) => banTag(tag, ban, context)) };
}

/** The tags of commands that concern no ban, such as actionstart. */
export function createJailTags(context: ActionContext): TagSource {
  const time = context.now();
  const values = new Map([
    ["ip", ""],
    ["fid", ""],
    ["ip-rev", ""],
    ["ip-host", "None"],
    ["matches", ""],
    ["ipmatches", ""],
    ["ipjailmatches", ""],
    ["failures", "0"],
    ["ipfailures", "0"],
    ["ipjailfailures", "0"],
    ["time", formatPythonFloat(time)],
    ["bancount", "0"],
    ["restored", "0"],
    ["bantime", String(Math.trunc(context.jail.bantime))],
    [
      "raw-ticket",
      `BanTicket: ip= time=${formatPythonFloat(time)} bantime=None bancount=0 #attempts=0 matches=[]`,
    ],
    ["F-MATCHES", "[]"],
    ["F-FAILURES", "0"],
    ["F-*", "{'matches': [], 'failures': 0}"],
  ]);
  return (tag) => values.get(tag) ?? jailTag(tag, context) ?? (tag.startsWith("F-") ? "" : undefined);
}

function remember(source: TagSource): TagSource {
  const known = new Map<string, string | undefined | Promise<string | undefined>>();
  return (tag) => {
    if (!known.has(tag)) {
      known.set(tag, source(tag));
    }
    return known.get(tag);
  };
}

function banTag(tag: string, ban: Ban, context: ActionContext): ReturnType<TagSource> {
  const make = BAN_TAGS.get(tag);
  if (make) {
    return make(ban, context);
  }
  return tag.startsWith("F-") ? dataTag(tag.slice(2), ban) : jailTag(tag, context);
}

const BAN_TAGS: ReadonlyMap<string, (ban: Ban, context: ActionContext) => string | Promise<string>> = new Map<
  string,
  (ban: Ban, context: ActionContext) => string | Promise<string>
>([
  ["ip", addressOf],
  ["fid", (ban) => ban.offender.id],
  ["family", (ban) => parseIp(addressOf(ban))?.family ?? "None"],
  ["ip-rev", reversedAddress],
  ["ip-host", hostName],
  ["failures", (ban) => String(ban.data.failures)],
  ["time", formatTime],
  ["bantime", (ban) => String(Math.trunc(ban.bantime))],
  ["bancount", (ban) => String(ban.bancount)],
  ["restored", (ban) => (ban.restored ? "1" : "0")],
  ["matches", (ban) => joinMatches(ban.data.matches)],
  ["ipmatches", (ban, context) => joinMatches(merged(ban, context, "all").matches)],
  ["ipjailmatches", (ban, context) => joinMatches(merged(ban, context, "jail").matches)],
  ["ipfailures", (ban, context) => String(merged(ban, context, "all").failures)],
  ["ipjailfailures", (ban, context) => String(merged(ban, context, "jail").failures)],
  ["raw-ticket", formatTicket],
  ["F-*", (ban) => formatPython(allData(ban))],
]);

function jailTag(tag: string, { jail }: ActionContext): string | undefined {
  switch (tag) {
    case "jail.name":
      return jail.name;
    case "jail.banned":
      return String(jail.banned);
    case "jail.banned_total":
      return String(jail.bannedTotal);
    case "jail.found":
      return String(jail.found);
    case "jail.found_total":
      return String(jail.foundTotal);
    default:
      return undefined;
  }
}

/** `<F-NAME>`: what the filter captured; empty when it captured no such thing. */
function dataTag(name: string, ban: Ban): string {
  const key = name.toLowerCase();
  const value = allData(ban).get(key === "id" || key === "port" ? `f${key}` : key);
  if (value === undefined) {
    return "";
  }
  return typeof value === "string" ? value : formatPython(value);
}

function allData(ban: Ban): ReadonlyMap<string, CommandValue> {
  const data = new Map<string, CommandValue>([
    ["matches", ban.data.matches.map(matchValue)],
    ["failures", ban.data.failures],
  ]);
  for (const [name, value] of ban.data.groups) {
    if (!data.has(name)) {
      data.set(name, value);
    }
  }
  return data;
}

function matchValue(match: MatchedLine): CommandValue {
  return typeof match === "string" ? match : new PyTuple(match);
}

function joinMatches(matches: readonly MatchedLine[]): string {
  return matches.map(formatMatch).join("\n");
}

function merged(
  ban: Ban,
  context: ActionContext,
  scope: MergeScope,
): Ban["data"] | { matches: readonly MatchedLine[]; failures: number } {
  return context.lookups.merged(ban.offender.id, scope) ?? ban.data;
}

function reversedAddress(ban: Ban): string {
  const ip = parseIp(addressOf(ban));
  return ip ? reverseIp(ip) : "";
}

async function hostName(ban: Ban, context: ActionContext): Promise<string> {
  const ip = parseIp(addressOf(ban));
  return (ip && (await context.lookups.hostNameOf(ip.text))) ?? "None";
}

/** A ban from the database has a whole number, one from a log a float. */
function formatTime(ban: Ban): string {
  return ban.restored && Number.isInteger(ban.time) ? String(ban.time) : formatPythonFloat(ban.time);
}

function formatTicket(ban: Ban, { jail }: ActionContext): string {
  const bantime = ban.bantime === jail.bantime ? "None" : formatPython(ban.bantime);
  const matches = formatPython(ban.data.matches.map(matchValue));
  const counts = `bantime=${bantime} bancount=${ban.bancount} #attempts=${ban.data.failures}`;
  return `BanTicket: ip=${addressOf(ban)} time=${formatTime(ban)} ${counts} matches=${matches}`;
}
