import { readTextFile } from "../../platform";
import {
  containsIp,
  formatPythonText,
  fullPrefix,
  parseIp,
  type Ip,
  type Origin,
  type Problem,
} from "../../model";
import { jailProblem, type FoldedJail } from "./jail-fold";

interface Entry {
  readonly text: string;
  readonly origin: Origin | undefined;
  readonly ip: Ip | undefined;
}

const FILE = "file:";
const FILE_LIMIT = 64 * 1024 * 1024;
/** Comparing each entry with each other one would take too long for longer lists. */
const MOST_COMPARED = 2000;

/** Entries that are no addresses although they look like it, that are there twice, or covered by others. */
export function checkIgnoreip(jail: FoldedJail): Problem[] {
  const entries = listEntries(jail);
  return entries.flatMap((entry, i) => {
    const message =
      judgeEntry(entry) ??
      (i < MOST_COMPARED ? findCover(entry, entries.slice(0, MOST_COMPARED), i) : undefined);
    return message === undefined ? [] : [jailProblem(jail, "warning", message, entry.origin)];
  });
}

function listEntries(jail: FoldedJail): Entry[] {
  return jail.entries
    .filter(({ command }) => command[2] === "addignoreip")
    .flatMap(({ command, origin, origins }) =>
      command.slice(3).map((word, i) => {
        const text = formatPythonText(word);
        return { text, origin: origins?.[i] ?? origin, ip: parseIp(text) };
      }),
    );
}

function judgeEntry({ text, ip }: Entry): string | undefined {
  if (text.startsWith(FILE)) {
    const path = text
      .slice(FILE.length)
      .replace(/^\/\/(?=[^/.])/, "/")
      .replace(/^\/\//, "");
    const file = readTextFile(path, FILE_LIMIT);
    return file.kind === "missing" || file.kind === "unreadable"
      ? `ignoreip ${text}: ${file.kind === "missing" ? "there is no such file" : file.message}`
      : undefined;
  }
  if (ip) {
    const mask = /\/(\d+)$/.exec(text)?.[1];
    const most = fullPrefix(ip.family);
    return mask !== undefined && Number(mask) > most
      ? `ignoreip ${text} is neither an address nor a network: a mask has at most ${most} bits`
      : undefined;
  }
  if (/^[\d./]+$/.test(text) || /^[\da-fA-F:./]*:[\da-fA-F:./]*$/.test(text)) {
    return `ignoreip ${text} is neither an address nor a network`;
  }
  return text.includes("/") ? `ignoreip ${text} is no network, and no name either` : undefined;
}

function findCover(entry: Entry, entries: readonly Entry[], index: number): string | undefined {
  const { ip, text } = entry;
  const earlier = entries
    .slice(0, index)
    .find((other) => (ip ? other.ip?.text === ip.text : other.text === text));
  if (earlier) {
    return `ignoreip ${text} is there twice`;
  }
  const cover =
    ip && entries.find((other) => other.ip && other.ip.text !== ip.text && containsIp(other.ip, ip));
  return cover ? `ignoreip ${text} is covered by ${cover.text} already` : undefined;
}
