import { OPTIONS, type OptionRule } from "./option-table";

/** The first line of help and of complaints. */
export const USAGE = "Usage: fail2ban-regex [OPTIONS] <LOG> <REGEX> [IGNOREREGEX]";

const INTRODUCTION = `
Tries a filter on log lines and reports what it finds.

LOG:
  path                  a log file
  text                  one or more lines, as they would stand in a log
  systemd-journal       the journal, with options if wanted: systemd-journal[journalflags=1]

REGEX:
  jail                  name of a jail, with options if wanted: sshd[mode=aggressive]
  filter                name or path of a filter, with options if wanted
  regex                 a failregex

IGNOREREGEX:
  regex                 an ignoreregex, in place of the filter's
`;
const COLUMN = 24;
const WIDTH = 79;

/** The help text. */
export function formatRegexUsage(): string {
  return `${USAGE}\n${INTRODUCTION}\nOptions:\n${OPTIONS.map(formatOption).join("")}`;
}

function formatOption(rule: OptionRule): string {
  const names = rule.names.map((name) => {
    const separator = name.startsWith("--") ? "=" : " ";
    return rule.value === undefined ? name : `${name}${separator}${rule.value}`;
  });
  const head = `  ${names.join(", ")}`;
  const [first = "", ...rest] = wrapWords(rule.help, WIDTH - COLUMN);
  const indent = " ".repeat(COLUMN);
  const begin = head.length > COLUMN - 2 ? `${head}\n${indent}${first}` : `${head.padEnd(COLUMN)}${first}`;
  return [begin, ...rest.map((line) => indent + line)].map((line) => `${line}\n`).join("");
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
