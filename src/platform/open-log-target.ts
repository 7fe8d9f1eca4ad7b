import { FileTarget, StreamTarget } from "./log-file";
import { JournalTarget } from "./log-journal";
import { SYSLOG_SOCKET, SyslogTarget } from "./log-syslog";
import { parseLogTarget, type LogTarget } from "./log-target";

/** Where the sockets of log services are. */
export interface LogPlaces {
  /** `auto`, or a path. */
  readonly syslogsocket?: string;
  /** Where journald listens, if not at its usual place. */
  readonly journalSocket?: string;
}

const STREAMS: ReadonlyMap<string, number> = new Map([
  ["STDOUT", 1],
  ["SYSOUT", 1],
  ["STDERR", 2],
]);

/**
 * Opens a `logtarget`: a file, `STDOUT`, `STDERR`, `SYSOUT` (STDOUT without time), `SYSLOG` or `SYSTEMD-JOURNAL`, each
 * with fail2ban's options in brackets (`datetime=off`, `padding=off`, `format="…"`, `facility=…`).
 * Throws `WarderError` (`log-target`) when it cannot be opened.
 */
export function openLogTarget(text: string, places: LogPlaces = {}): LogTarget {
  const target = parseLogTarget(text);
  const fd = STREAMS.get(target.kind);
  if (fd !== undefined) {
    return new StreamTarget(target, fd);
  }
  switch (target.kind) {
    case "SYSLOG":
      return new SyslogTarget(target, syslogPath(places.syslogsocket));
    case "SYSTEMD-JOURNAL":
      return new JournalTarget(target, places.journalSocket);
    default:
      return new FileTarget(target);
  }
}

function syslogPath(syslogsocket: string | undefined): string {
  return syslogsocket === undefined || syslogsocket === "auto" ? SYSLOG_SOCKET : syslogsocket;
}
