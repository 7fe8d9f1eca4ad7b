import {
  PERMANENT,
  banEnd,
  formatDuration,
  formatPythonFloat,
  type Ban,
  type DomainEvent,
  type Increased,
  type Weighted,
} from "../model";
import { formatDateTime, type Log, type LogLevel } from "../platform";

/** Somebody already banned who fails again within these seconds is normal, or worth a note; later it is a warning. */
const SETTLING_SECONDS = 3;
const NOTEWORTHY_SECONDS = 60;

/** Writes what happened to the log, in the words of fail2ban's log that other programs (and `recidive`) look for. */
export function logEvent(event: DomainEvent, log: Log): void {
  switch (event.type) {
    case "found":
      log("INFO", "filter", startOf(event.jail), event.id, endOf(event.failure.time));
      return;
    case "ignored":
      log("INFO", "filter", `[${event.jail}] Ignore ${event.id} by ${event.reason}`);
      return;
    case "weighted":
      log("INFO", "observer", describeWeighted(event));
      return;
    case "ban":
      logBan(event.ban.restored ? "Restore Ban" : "Ban", event.ban, log);
      return;
    case "increased":
      logIncreased(event, log);
      return;
    case "already-banned":
      log(
        repeatLevel(event.time - event.ban.time),
        "actions",
        `[${event.ban.jail}] ${nameOf(event.ban)} already banned`,
      );
      return;
    case "unban":
      logBan(event.why === "stop" ? "Repeal Ban" : "Unban", event.ban, log);
      return;
    case "expired":
      log("INFO", "actions", `[${event.jail}] Ignore ${event.id}, expired bantime`);
      return;
    case "prolonged":
      return;
  }
}

/** Writes that the clock moved by itself. */
export function logJump(seconds: number, log: Log): void {
  const way = seconds > 0 ? "forward; it was set, or the machine slept" : "back; it was set";
  log("NOTICE", "server", `The clock went ${formatDuration(Math.round(Math.abs(seconds)))} ${way}`);
}

/** What a line tells of a failure before and behind its offender: of thousands in a storm all have the same. */
const startOf = rememberLast((jail: string) => `[${jail}] Found `);
const endOf = rememberLast((time: number) => ` - ${formatDateTime(time)}`);

function rememberLast<Key>(format: (key: Key) => string): (key: Key) => string {
  let last: Key | undefined;
  let text = "";
  return (key) => {
    if (key !== last) {
      text = format(key);
      last = key;
    }
    return text;
  };
}

function logBan(what: string, ban: Ban, log: Log): void {
  log("NOTICE", "actions", `[${ban.jail}] ${what} ${nameOf(ban)}`);
}

function nameOf(ban: Ban): string {
  return ban.offender.id;
}

function describeWeighted(event: Weighted): string {
  const { value, isFloat } = event.weight;
  const weight = `${event.bancount} # -> ${isFloat ? formatPythonFloat(value) : value}${event.ban ? ", Ban" : ""}`;
  return `[${event.jail}] Found ${event.id}, bad - ${formatDateTime(event.time)}, ${weight}`;
}

function logIncreased(event: Increased, log: Log): void {
  const { ban } = event;
  const jail = `[${ban.jail}]`;
  const last = `${event.bancount} # last ${formatDateTime(event.timeofban)}`;
  const growth = `incr ${formatDuration(event.from)} to ${formatDuration(event.to)}`;
  log("INFO", "observer", `${jail} IP ${nameOf(ban)} is bad: ${last} - ${growth}`);
  if (event.from.value !== event.to.value) {
    const until =
      ban.bantime === PERMANENT
        ? "permanent -> infinite"
        : `${formatDuration(event.to)} -> ${formatDateTime(banEnd(ban))}`;
    log("NOTICE", "observer", `${jail} Increase Ban ${nameOf(ban)} (${ban.bancount} # ${until})`);
  }
}

function repeatLevel(seconds: number): LogLevel {
  if (seconds < SETTLING_SECONDS) {
    return "DEBUG";
  }
  return seconds < NOTEWORTHY_SECONDS ? "NOTICE" : "WARNING";
}
