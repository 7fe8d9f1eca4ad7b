/** fail2ban's levels, most important first, with their numbers. `MSG` lies below `INFO`. */
export const LOG_LEVELS = {
  CRITICAL: 50,
  ERROR: 40,
  WARNING: 30,
  NOTICE: 25,
  INFO: 20,
  MSG: 18,
  DEBUG: 10,
  TRACEDEBUG: 7,
  HEAVYDEBUG: 5,
} as const;

/** Name of a log level. */
export type LogLevel = keyof typeof LOG_LEVELS;

/** How the names of levels read in log lines where they differ. */
const SHORT_NAMES: Partial<Record<LogLevel, string>> = { TRACEDEBUG: "TRACE", HEAVYDEBUG: "HEAVY" };

/** What the lines of a target show besides the message; fail2ban's target options. */
export interface LogLineOptions {
  readonly datetime: boolean;
  readonly padding: boolean;
  /** A whole line in Python's notation, such as `%(asctime)s %(name)-24s %(message)s`, instead of the two above. */
  readonly format?: string;
}

/** One message before it becomes a line. `logger` is the part after `fail2ban.`. */
export interface LogRecord {
  /** Seconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly pid: number;
  /** In pieces: what many messages have in common need not become part of each. */
  readonly message: readonly string[];
}

/** The number of a level name (any case) or of a number as text; `undefined` for anything else. */
export function parseLogLevel(text: string): number | undefined {
  const upper = text.toUpperCase();
  if (upper in LOG_LEVELS) {
    return LOG_LEVELS[upper as LogLevel];
  }
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * A record as fail2ban writes it, other programs read these columns:
 * `2026-11-20 23:22:12,177 fail2ban.actions        [29721]: NOTICE  [sshd] Ban 192.0.2.1`.
 * Control characters other than tab are shown escaped, so that text from a log cannot forge a line of ours.
 */
export function formatLogRecord(record: LogRecord, options: LogLineOptions): string {
  if (options.format !== undefined) {
    return fillFormat(options.format, record);
  }
  return formatHead(record, options) + escapeControls(textOfMessage(record));
}

function textOfMessage({ message }: LogRecord): string {
  return message.join("");
}

/** What stands before the message. */
export function formatHead({ time, logger, pid, level }: LogRecord, options: LogLineOptions): string {
  const date = options.datetime ? `${formatLogTime(time)} ` : "";
  const name = `fail2ban.${logger}`;
  const shown = SHORT_NAMES[level] ?? level;
  return options.padding
    ? `${date}${name.padEnd(24)}[${pid}]: ${shown.padEnd(7)} `
    : `${date}${name}[${pid}]: ${shown} `;
}

/** `%(name)-24s`: a field, its width (negative: left), its kind. */
const FIELD = /%(?:%|\((\w+)\)(-?)(\d{0,3})(?:\.\d+)?[sdf])/g;

/** Fields we have no value for stay as they are. */
function fillFormat(format: string, record: LogRecord): string {
  const fields: Readonly<Record<string, string>> = {
    asctime: formatLogTime(record.time),
    created: String(record.time),
    name: `fail2ban.${record.logger}`,
    levelname: SHORT_NAMES[record.level] ?? record.level,
    levelno: String(LOG_LEVELS[record.level]),
    process: String(record.pid),
    message: escapeControls(textOfMessage(record)),
  };
  return format.replaceAll(FIELD, (whole, name?: string, left?: string, width?: string) => {
    if (name === undefined) {
      return "%";
    }
    const value = fields[name];
    const columns = Number(width ?? 0);
    return value === undefined ? whole : left === "-" ? value.padEnd(columns) : value.padStart(columns);
  });
}

/** `2026-11-20 23:22:12,177` in local time. */
export function formatLogTime(time: number): string {
  const milliseconds = Math.floor(time * 1000);
  const fraction = String(((milliseconds % 1000) + 1000) % 1000).padStart(3, "0");
  return `${formatDateTime(time)},${fraction}`;
}

let lastSecond = Number.NaN;
let lastText = "";

/** `2026-11-20 23:22:12` in local time. */
export function formatDateTime(time: number): string {
  const second = Math.floor(time);
  // In a storm thousands of lines name the same second.
  if (second !== lastSecond) {
    lastText = formatSecond(new Date(second * 1000));
    lastSecond = second;
  }
  return lastText;
}

function formatSecond(date: Date): string {
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  return `${day} ${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const CONTROLS = new RegExp(CONTROL, "g");

/** Control characters other than tab as `\n` and `\x1b`. */
export function escapeControls(message: string): string {
  if (!CONTROL.test(message)) {
    return message;
  }
  return message.replaceAll(CONTROLS, (char) =>
    char === "\n" ? String.raw`\n` : String.raw`\x` + char.charCodeAt(0).toString(16).padStart(2, "0"),
  );
}
