import { formatDuration } from "../model";
import type { Log } from "../platform";
import type { ReaderEvent } from "./reader-messages";

const DAY = 86_400;

/** Lets a message through once a day per jail and kind. */
export class NoticeGate {
  readonly #last = new Map<string, number>();

  isDue(jail: string, kind: string, now: number): boolean {
    const key = `${jail}\n${kind}`;
    const last = this.#last.get(key);
    if (last !== undefined && now - last < DAY) {
      return false;
    }
    this.#last.set(key, now);
    return true;
  }
}

/** Tells in the log that the times of lines look wrong. */
export function logNotice(event: Extract<ReaderEvent, { readonly type: "notice" }>, log: Log): void {
  const { jail, notice, line } = event;
  const say = (text: string): void => log("WARNING", "filter", `[${jail}] ${text}`);
  switch (notice.type) {
    case "too-old":
      say(
        `Ignoring all log entries older than ${Math.trunc(notice.findtime)}s; these are probably messages generated while fail2ban was not running.`,
      );
      break;
    case "shifted": {
      const where = notice.seconds < 0 ? "before" : "after";
      const amount = formatDuration(Math.abs(notice.seconds));
      say(
        `Detected a log entry ${amount} ${where} the current time in operation mode. This looks like a ${notice.guess} problem. Treating such entries as if they just happened.`,
      );
      break;
    }
    case "undated":
      say(`Found a match but no valid date/time found for '${line.slice(0, 500)}'.`);
      say("Please try setting a custom date pattern (see man page jail.conf(5)).");
      return;
  }
  say(`Please check a jail for a timing issue. Line with odd timestamp: ${line.slice(0, 500)}`);
}
