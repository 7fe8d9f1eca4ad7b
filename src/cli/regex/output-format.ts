import {
  formatMatch,
  formatPython,
  formatPythonFloat,
  formatPythonText,
  parseIp,
  PyTuple,
  reverseIp,
} from "../../model";
import type { CommandValue, GroupValue, Ip, MatchedLine } from "../../model";
import type { Finding } from "./finding";

/** Makes the text of what `-o` prints of one line; each ends with a newline. */
export type OutputFormat = (findings: readonly Finding[]) => string | Promise<string>;

/** What filling in a template needs. */
export interface OutputNeeds {
  /** Seconds since 1970. */
  now(): number;
  /** The name of an address. */
  nameOf(address: string): Promise<string | undefined>;
  /** Names of the groups of a failregex, when all of them are to be shown. */
  groupNames(failregex: number): readonly string[];
  /** Dates without a zone are in a zone of their own, not in local time. */
  readonly isZoned: boolean;
}

const TAG = /<([\w.*-]+)>/g;

/** The format that `-o` asks for. */
export function makeOutputFormat(out: string, needs: OutputNeeds): OutputFormat {
  switch (out) {
    case "id":
    case "fid":
      return perFinding(({ id }) => id ?? "");
    case "ip":
      return perFinding(({ ip }) => ip ?? "");
    case "msg":
      return (findings) =>
        findings.flatMap(({ hit }) => hit.matches.map((line) => `${formatMatch(line)}\n`)).join("");
    case "row":
      return perFinding((finding) => formatRow(finding, needs));
  }
  return out.includes("<")
    ? (findings) => fillAll(out, findings, needs)
    : perFinding((finding) => formatGroup(out, finding));
}

/** What `-o … -i` prints of a line that is no failure. */
export function formatInverted(out: string, line: string, time: number): string {
  if (out === "msg") {
    return `${line}\n`;
  }
  return out === "row" ? `['',\t${formatPythonFloat(time)},\t{'fid': ''}],\n` : "\n";
}

function perFinding(format: (finding: Finding) => string): OutputFormat {
  return (findings) => findings.map((finding) => `${format(finding)}\n`).join("");
}

function formatRow(finding: Finding, needs: OutputNeeds): string {
  const { hit } = finding;
  const data = new Map<string, CommandValue>();
  // Groups of a session come in the order in which its lines brought them.
  for (const name of hit.groups.has("mlfid") ? [] : needs.groupNames(hit.failregex ?? -1)) {
    data.set(name, null);
  }
  for (const [name, value] of hit.groups) {
    if (name !== "content") {
      data.set(name, toCommandValue(value));
    }
  }
  return `[${formatPython(finding.id ?? "")},\t${formatTime(finding, needs)},\t${formatPython(data)}],`;
}

/** fail2ban has whole numbers for dates with a zone and fractions for all others. */
function formatTime({ hit }: Finding, { isZoned }: OutputNeeds): string {
  if (hit.time === undefined) {
    return "None";
  }
  const last = hit.matches.at(-1);
  const date = typeof last === "object" ? last[1] : "";
  const isWhole = hasZone(date) || (isZoned && !EPOCH.test(date));
  return isWhole ? String(hit.time) : formatPythonFloat(hit.time);
}

const ZONE_BEHIND = /:\d\d(?:[.,]\d{1,6})?\s*(?:Z|UTC|GMT|[+-][01]\d(?::?\d\d)?)$/i;
const ZONE_BEFORE = /^(?:Z|[A-Z]{3,5}|[+-][01]\d(?::?\d\d)?) (?:[a-z]{3} )?[a-z]{3} /i;
const EPOCH = /^\d{10,}(?:\.\d+)?$/;
const TAI64N = /^@[0-9a-f]{24}$/;
const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun) [a-z]{3} /i;

function hasZone(date: string): boolean {
  return TAI64N.test(date) || ZONE_BEHIND.test(date) || (ZONE_BEFORE.test(date) && !WEEKDAY.test(date));
}

function formatGroup(name: string, { hit }: Finding): string {
  if (name === "matches") {
    return formatPython(hit.matches.map((line) => matchValue(line)));
  }
  const value = hit.groups.get(name);
  return value === undefined ? "None" : formatPythonText(toCommandValue(value));
}

function matchValue(line: MatchedLine): CommandValue {
  return typeof line === "string" ? line : new PyTuple([...line]);
}

function toCommandValue(value: GroupValue): CommandValue {
  return typeof value === "string"
    ? value
    : Array.isArray(value)
      ? [...(value as readonly string[])]
      : new Set(value);
}

async function fillAll(template: string, findings: readonly Finding[], needs: OutputNeeds): Promise<string> {
  const texts: string[] = [];
  for (const finding of findings) {
    const lines = template.includes("<msg>") ? finding.hit.matches.map(formatMatch) : [""];
    for (const line of lines) {
      texts.push(`${await fill(template, finding, { ...needs, line })}\n`);
    }
  }
  return texts.join("");
}

async function fill(
  template: string,
  finding: Finding,
  needs: OutputNeeds & { line: string },
): Promise<string> {
  const parts: string[] = [];
  let at = 0;
  for (const match of template.matchAll(TAG)) {
    parts.push(template.slice(at, match.index), (await tagText(match[1] ?? "", finding, needs)) ?? match[0]);
    at = match.index + match[0].length;
  }
  return parts.join("") + template.slice(at);
}

interface TagInput {
  readonly finding: Finding;
  readonly address: Ip | undefined;
  readonly needs: OutputNeeds & { readonly line: string };
}

const TAGS: ReadonlyMap<string, (input: TagInput) => string | Promise<string>> = new Map<
  string,
  (input: TagInput) => string | Promise<string>
>([
  ["ip", ({ finding }) => finding.ip ?? ""],
  ["fid", ({ finding }) => finding.id ?? ""],
  ["msg", ({ needs }) => needs.line],
  ["matches", ({ finding }) => finding.hit.matches.map(formatMatch).join("\n")],
  ["family", ({ address }) => address?.family ?? "None"],
  ["ip-rev", ({ address }) => (address ? reverseIp(address) : "")],
  ["ip-host", async ({ address, needs }) => (address && (await needs.nameOf(address.text))) ?? "None"],
  ["time", timeTag],
  ["failures", () => "0"],
  ["bancount", () => "0"],
  ["restored", () => "0"],
  ["F-*", ({ finding }) => formatPython(allData(finding))],
]);

function allData({ hit }: Finding): ReadonlyMap<string, CommandValue> {
  const matches = hit.matches.map((line) => matchValue(line));
  const groups = [...hit.groups].map(([name, value]) => [name, toCommandValue(value)] as const);
  return new Map<string, CommandValue>([["matches", matches], ["failures", 0], ...groups]);
}

/** `undefined` for a tag that does not exist: it stays as it is. */
function tagText(
  tag: string,
  finding: Finding,
  needs: OutputNeeds & { readonly line: string },
): string | Promise<string> | undefined {
  const make = TAGS.get(tag);
  if (make) {
    return make({ finding, address: parseIp(finding.ip ?? ""), needs });
  }
  return tag.startsWith("F-") ? captureText(tag.slice(2).toLowerCase(), finding) : undefined;
}

function timeTag({ finding, needs }: TagInput): string {
  return finding.hit.time === undefined ? formatPythonFloat(needs.now()) : formatTime(finding, needs);
}

function captureText(name: string, { hit }: Finding): string {
  const value = hit.groups.get(name === "id" || name === "port" ? `f${name}` : name);
  return value === undefined ? "" : formatPythonText(toCommandValue(value));
}
