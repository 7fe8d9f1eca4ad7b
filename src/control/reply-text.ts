import {
  formatPythonString,
  formatPythonText,
  PyFloat,
  PyTuple,
  type Command,
  type CommandValue,
} from "../model";
import { formatStatsTable } from "./stats-table";
import { formatJailStatus, formatServerStatus } from "./status-tree";
import { expectShape, itemsOf, textOf, textsOf, wordOf } from "./reply-shape";

/** How texts are drawn. */
export interface ReplyStyle {
  /** Whether the output can show box-drawing characters. */
  readonly unicode: boolean;
}

/** Text for the value of one command. @throws UnexpectedShape when the value is not what the text is made for */
export type ReplyText = (value: CommandValue, command: Command, style: ReplyStyle) => string;

/** By the first word of the command. */
export const TEXTS_BY_FIRST: ReadonlyMap<CommandValue, ReplyText> = new Map<CommandValue, ReplyText>([
  ["ping", (value) => `Server replied: ${textOf(value)}`],
  ["version", formatPythonText],
  ["start", () => "Jail started"],
  ["stop", formatStop],
  ["add", (value) => `Added jail ${textOf(value)}`],
  ["flushlogs", (value) => `logs: ${textOf(value)}`],
  ["echo", (value) => textsOf(value).join(" ")],
  ["status", formatStatus],
  ["stats", (value, _, style) => formatStatsTable(value, style.unicode)],
  ["statistics", (value, _, style) => formatStatsTable(value, style.unicode)],
]);

/** By the second word, whatever the first is. */
export const TEXTS_BY_SECOND: ReadonlyMap<CommandValue, ReplyText> = new Map<CommandValue, ReplyText>([
  ["syslogsocket", (value) => `Current syslog socket is:\n\`- ${textOf(value)}`],
  ["logtarget", (value) => `Current logging target is:\n\`- ${textOf(value)}`],
  ["loglevel", (value) => `Current logging level is ${formatPythonString(formatLevel(value))}`],
  ["dbfile", (value) => formatDatabase(value, (text) => `Current database file is:\n\`- ${text}`)],
  ["dbpurgeage", formatPurgeAge],
]);

/** By the third word, whatever the first two are. */
export const TEXTS_BY_THIRD: ReadonlyMap<CommandValue, ReplyText> = new Map<CommandValue, ReplyText>([
  ...sameText(["logpath", "addlogpath", "dellogpath"], (value) =>
    formatList(textsOf(value), "Current monitored log file(s):", "No file is currently monitored"),
  ),
  ["logencoding", (value) => `Current log encoding is set to:\n${textOf(value)}`],
  ...sameText(["journalmatch", "addjournalmatch", "deljournalmatch"], formatJournalMatch),
  ["datepattern", formatDatePattern],
  ...sameText(["ignoreip", "addignoreip", "delignoreip"], (value) =>
    formatList(
      textsOf(value),
      "These IP addresses/networks are ignored:",
      "No IP address/network is ignored",
    ),
  ),
  ...sameText(
    ["failregex", "addfailregex", "delfailregex", "ignoreregex", "addignoreregex", "delignoreregex"],
    (value) =>
      formatList(
        textsOf(value).map((text, i) => `[${i}]: ${text}`),
        "The following regular expression are defined:",
        "No regular expression is defined",
      ),
  ),
  ["actions", formatActions],
  ["actionproperties", (value, command) => formatActionNames("properties", value, command)],
  ["actionmethods", (value, command) => formatActionNames("methods", value, command)],
  ["banip", formatBanList],
]);

const LEVELS: ReadonlyMap<number, string> = new Map([
  [50, "CRITICAL"],
  [40, "ERROR"],
  [30, "WARNING"],
  [25, "NOTICE"],
  [20, "INFO"],
  [18, "MSG"],
  [10, "DEBUG"],
  [7, "TRACEDEBUG"],
  [5, "HEAVYDEBUG"],
  [0, "NOTSET"],
]);

function sameText(words: readonly string[], text: ReplyText): [CommandValue, ReplyText][] {
  return words.map((word) => [word, text]);
}

function formatStop(value: CommandValue, command: Command): string {
  if (value !== null) {
    return formatPythonText(value);
  }
  return command.length === 1 ? "Shutdown successful" : "Jail stopped";
}

/** DIFFERS: the flavor `stats` is shown as a table; fail2ban's client reports an error in itself for it. */
function formatStatus(value: CommandValue, command: Command, style: ReplyStyle): string {
  const jail = command[1];
  if (command.at(-1) === "stats" && command.length === 3 && jail !== undefined) {
    return formatStatsTable(value instanceof Map ? value : new Map([[jail, value]]), style.unicode);
  }
  return jail === undefined || jail === "--all" ? formatServerStatus(value) : formatJailStatus(jail, value);
}

function formatLevel(value: CommandValue): string {
  return typeof value === "number" ? (LEVELS.get(value) ?? `Level ${value}`) : formatPythonText(value);
}

function formatDatabase(value: CommandValue, format: (text: string) => string): string {
  return value === null ? "Database currently disabled" : format(textOf(value));
}

function formatPurgeAge(value: CommandValue): string {
  const number = value instanceof PyFloat ? value.value : value;
  const seconds = typeof number === "number" ? String(Math.trunc(number)) : number;
  return formatDatabase(seconds, (text) => `Current database purge age is:\n\`- ${text}seconds`);
}

function formatList(lines: readonly string[], heading: string, none: string): string {
  if (lines.length === 0) {
    return none;
  }
  const branches = lines.map((line, i) => `${i === lines.length - 1 ? "`-" : "|-"} ${line}`);
  return [heading, ...branches].join("\n");
}

function formatJournalMatch(value: CommandValue): string {
  const groups = itemsOf(value).map((group) => textsOf(group).join(" "));
  return groups.length === 0 ? "No journal match filter set" : `Current match filter:\n${groups.join(" + ")}`;
}

function formatDatePattern(value: CommandValue): string {
  const heading = "Current date pattern set to: ";
  if (value === null) {
    return `${heading}Not set/required`;
  }
  expectShape(value instanceof PyTuple && value.items.length === 2);
  const [pattern = null, name = null] = value.items;
  const shownName = formatPythonText(name);
  return heading + (pattern === null ? shownName : `${formatPythonText(pattern)} (${shownName})`);
}

function formatActions(value: CommandValue, command: Command): string {
  const names = textsOf(value);
  const jail = wordOf(command, 1);
  return names.length === 0
    ? `No actions for jail ${jail}`
    : `The jail ${jail} has the following actions:\n${names.join(", ")}`;
}

function formatActionNames(kind: "properties" | "methods", value: CommandValue, command: Command): string {
  const names = textsOf(value);
  const jail = wordOf(command, 1);
  const action = wordOf(command, 3);
  return names.length === 0
    ? `No ${kind} for jail ${jail} action ${action}`
    : `The jail ${jail} action ${action} has the following ${kind}:\n${names.join(", ")}`;
}

function formatBanList(value: CommandValue, command: Command): string {
  expectShape(command[0] === "get" && Array.isArray(value));
  const separator = command[3];
  const between = separator === undefined ? " " : formatPythonText(separator);
  return textsOf(value).join(between === "--with-time" ? "\n" : between);
}
