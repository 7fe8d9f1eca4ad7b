import type { LogLevel } from "./log-line";

/** Severities of syslog(3) for our levels. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  CRITICAL: 2,
  ERROR: 3,
  WARNING: 4,
  NOTICE: 5,
  INFO: 6,
  MSG: 6,
  DEBUG: 7,
  TRACEDEBUG: 7,
  HEAVYDEBUG: 7,
};

/** Facilities of syslog(3) by name. */
const FACILITIES: ReadonlyMap<string, number> = new Map([
  ...[
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
  ].map((name, code): [string, number] => [name, code]),
  ...Array.from({ length: 8 }, (_, i): [string, number] => [`local${i}`, 16 + i]),
]);

/** The severity of a level, 0 to 7. */
export function severityOf(level: LogLevel): number {
  return SEVERITIES[level];
}

/** The number of a facility by name, `LOG_` in front or not; `undefined` for an unknown one. */
export function facilityNumber(name: string): number | undefined {
  return FACILITIES.get(name.toLowerCase().replace(/^log_/, ""));
}
