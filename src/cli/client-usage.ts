import { FAIL2BAN_VERSION, VERSION } from "../model";
import { USAGE_SECTIONS, type UsageEntry, type UsageSection } from "./client-usage-commands";

const INDENT = "    ";
/** Commands longer than this stand on a line of their own. */
const COMMAND_WIDTH = 41;
const TEXT_WIDTH = 34;

const OPTIONS: readonly UsageEntry[] = [
  ["-c, --conf <DIR>", "folder of the configuration"],
  ["-s, --socket <FILE>", "socket of the server"],
  ["-p, --pidfile <FILE>", "file with the server's process id"],
  ["--pname <NAME>", "name of the server's process (default fail2ban-server)"],
  ["--loglevel <LEVEL>", "level to log from"],
  ["--logtarget <TARGET>", "where to log: a file, stdout, stderr, syslog or sysout"],
  ["--syslogsocket auto|<FILE>", "socket of syslog"],
  ["-d", "print the commands the configuration gives"],
  ["--dp, --dump-pretty", "the same, for people"],
  ["-t, --test", "check the configuration; with 'start', start if it is good"],
  ["-i", "ask for commands"],
  ["-v", "tell more (may be repeated)"],
  ["-q", "tell less"],
  ["-x", "start even if a socket file is there, and replace it"],
  ["-b", "start in the background (default)"],
  ["-f", "start in the foreground"],
  ["--async", "start without reading the configuration (used between client and server)"],
  ["--timeout <TIME>", "how long to wait for the server (default 30 seconds)"],
  ["--str2sec <STRING>", "print a duration such as 1d12h in seconds"],
  ["-h, --help", "print this text"],
  ["-V, --version", "print the version (-V only the number)"],
];

/** The help text; programs whose name ends in `server` are shown without commands. */
export function formatUsage(program: string): string {
  const isServer = program.endsWith("server");
  const lines = [
    `Usage: ${program} [OPTIONS]${isServer ? "" : " <COMMAND>"}`,
    "",
    `warder ${VERSION}, compatible with Fail2Ban v${FAIL2BAN_VERSION}: watches logs for failures and bans`,
    "where they come from.",
    "",
    "Options:",
    ...OPTIONS.map(([option, text]) =>
      option.length < 24 ? `${INDENT}${option.padEnd(24)}${text}` : `${INDENT}${option}  ${text}`,
    ),
    ...(isServer ? [] : ["", "Command:", ...USAGE_SECTIONS.flatMap(formatSection).slice(1)]),
  ];
  return `${lines.join("\n")}\n`;
}

function formatSection({ title, entries }: UsageSection): string[] {
  return ["", " ".repeat(INDENT.length + COMMAND_WIDTH) + title, ...entries.flatMap(formatEntry)];
}

function formatEntry([syntax, text]: UsageEntry): string[] {
  const texts = wrap(text);
  const isLong = syntax.length >= COMMAND_WIDTH;
  const first = isLong ? syntax : syntax.padEnd(COMMAND_WIDTH) + (texts[0] ?? "");
  const rest = isLong ? texts : texts.slice(1);
  return [INDENT + first, ...rest.map((line) => " ".repeat(INDENT.length + COMMAND_WIDTH) + line)];
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
