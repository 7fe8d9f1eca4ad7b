import { PERMANENT, banEnd, type Ban, type DomainEvent, type GroupValue } from "../../model";
import { formatDateTime } from "../../platform";

/** Counts for the last word. */
interface Totals {
  failures: number;
  readonly offenders: Set<string>;
  bans: number;
  unbans: number;
}

/** Tells in plain words what happens, one line each, and sums it up in the end. */
export class Story {
  readonly #print: (line: string) => void;
  readonly #maxretry: (jail: string) => number;
  readonly #counts = new Map<string, number>();
  readonly #totals: Totals = { failures: 0, offenders: new Set(), bans: 0, unbans: 0 };

  constructor(print: (line: string) => void, maxretry: (jail: string) => number) {
    this.#print = print;
    this.#maxretry = maxretry;
  }

  /** Takes one event at its time (seconds since 1970). */
  tell(event: DomainEvent, now: number): void {
    const text = this.#describe(event);
    if (text !== undefined) {
      this.#print(`${formatDateTime(now).slice(11)}  ${text}`);
    }
  }

  /** All of it in one sentence. */
  get summary(): string {
    const { failures, offenders, bans, unbans } = this.#totals;
    const from = countOf(offenders.size, "address", "addresses");
    return `${countOf(failures, "failure")} from ${from}, ${countOf(bans, "ban")}, ${countOf(unbans, "unban")}.`;
  }

  #describe(event: DomainEvent): string | undefined {
    switch (event.type) {
      case "found":
        return this.#found(event.jail, event.id, event.failure.groups.get("user"));
      case "ignored":
        return `${event.jail}: failure from ${printable(event.id)} does not count (${event.reason})`;
      case "ban":
        return this.#banned(event.ban);
      case "already-banned":
        return `${event.ban.jail}: ${nameOf(event.ban)} fails again, still banned until ${untilOf(event.ban)}`;
      case "unban":
        this.#totals.unbans += event.why === "stop" ? 0 : 1;
        return event.why === "stop"
          ? undefined
          : `${event.ban.jail}: UNBANNED ${nameOf(event.ban)} ${whyOf(event.why)}`;
      default:
        return undefined;
    }
  }

  #found(jail: string, id: string, user: GroupValue | undefined): string {
    const key = `${jail}\n${id}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    this.#totals.failures += 1;
    this.#totals.offenders.add(id);
    const who = typeof user === "string" && user !== "" ? ` (user ${printable(user, 40)})` : "";
    return `${jail}: failure ${count} of ${this.#maxretry(jail)} from ${printable(id)}${who}`;
  }

  #banned(ban: Ban): string {
    this.#counts.delete(`${ban.jail}\n${ban.offender.id}`);
    this.#totals.bans += ban.restored ? 0 : 1;
    const length =
      ban.bantime === PERMANENT ? "for ever" : `for ${describeSeconds(ban.bantime)}, until ${untilOf(ban)}`;
    return `${ban.jail}: ${ban.restored ? "banned again" : "BANNED"} ${nameOf(ban)} ${length}`;
  }
}

/** `10 minutes`, `1 hour`: whole units where the number allows it. */
export function describeSeconds(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? [
    "second",
    1,
  ];
  return countOf(seconds / size, unit);
}

const UNITS: readonly (readonly [string, number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function nameOf(ban: Ban): string {
  return printable(ban.offender.id);
}

function untilOf(ban: Ban): string {
  return ban.bantime === PERMANENT ? "for ever" : formatDateTime(banEnd(ban));
}

function whyOf(why: "expiry" | "command"): string {
  return why === "expiry" ? "(its time is over)" : "(by command)";
}

/** Text from a log, cut, and without anything that could move the cursor or colour the terminal. */
function printable(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}
