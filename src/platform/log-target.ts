import type { LogLineOptions, LogRecord } from "./log-line";

/** Where log lines go. */
export interface LogTarget {
  /** As it was named, without its options. */
  readonly name: string;
  /** For people: the name, and behind it what it stands for. */
  readonly title: string;
  /** Takes a record, to be written with those that follow. Never throws, as `write`. */
  add(record: LogRecord): void;
  /** Writes what was added. Never throws: a full disk or a dead log service must not stop a daemon. */
  write(): void;
  /** Opens a file anew (after log rotation); tells whether there was one to reopen. */
  reopen(): boolean;
  close(): void;
}

/** A `logtarget` taken apart: `SYSLOG[facility=local0]`. */
export interface LogTargetName {
  /** As written. */
  readonly name: string;
  /** In capitals, for comparing with the names of targets that are no files. */
  readonly kind: string;
  readonly line: LogLineOptions;
  readonly facility: string;
}

const TARGET = /^([^[]*)(?:\[(.*)\])?$/s;
const OPTION = /(?:^|[\s,])(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,]*))/g;

/** What a line shows where nothing else is said; a journal and syslog have their own columns. */
const DEFAULTS: Readonly<Record<string, LogLineOptions>> = {
  SYSOUT: { datetime: false, padding: true },
  SYSLOG: { datetime: false, padding: false },
  "SYSTEMD-JOURNAL": { datetime: false, padding: false, format: "%(message)s" },
};

/** Takes a `logtarget` apart; options nobody knows are left alone, as fail2ban leaves them. */
export function parseLogTarget(text: string): LogTargetName {
  const [, name = text, given = ""] = TARGET.exec(text) ?? [];
  const kind = name.trim().toUpperCase();
  const options = new Map(
    [...given.matchAll(OPTION)].map(([, key = "", double, single, bare]) => [
      key,
      (double ?? single ?? bare ?? "").trim(),
    ]),
  );
  const isOn = (key: string, otherwise: boolean): boolean => {
    const value = options.get(key);
    return value === undefined ? otherwise : /^(?:on|yes|true|1)$/i.test(value);
  };
  const usual = DEFAULTS[kind] ?? { datetime: true, padding: true };
  const format = options.get("format") ?? usual.format;
  return {
    name: name.trim(),
    kind,
    line: {
      datetime: isOn("datetime", usual.datetime),
      padding: isOn("padding", usual.padding),
      ...(format === undefined ? {} : { format }),
    },
    facility: options.get("facility")?.toLowerCase() ?? "daemon",
  };
}
