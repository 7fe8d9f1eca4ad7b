import { createDateDetector } from "../../date";
import { JailFilter, type CompiledFilter, type CompiledRegex } from "../../filter";
import type { Problem } from "../../model";
import { jailProblem } from "./jail-fold";
import { findSlowLine } from "./slow-line";
import { doWithinWork, workedMs } from "./time-limit";
import { findTrick, type Trial } from "./trick";

const TRICK_MS = 3000;
const SLOW_IN_TRIAL = `is so slow that it could not be tried with hostile lines within ${TRICK_MS / 1000} s`;
/** The time of the made-up lines does not matter: no date is looked at. */
const CLOCK = { now: 0, findtime: 600, phase: "operation", checkTimes: false } as const;

/** What a hostile line can do: have somebody else banned, or keep a regex busy for ever. */
export type Harm = "trick" | "stall";

/** A regex of a filter that a hostile line can do harm by. */
export interface Weakness {
  readonly kind: "prefregex" | "failregex";
  readonly regex: CompiledRegex;
  readonly harm: Harm;
  /** What to say of the regex. */
  readonly message: string;
}

/**
 * Tries filters with lines made to hurt them: lines by which an attacker gets somebody else banned, and lines on which
 * a regex works for ever. Only what really happened is told. Stops looking when its time is over.
 */
export class HostileCheck {
  readonly #deadline: number;
  /** Filters looked at, since many jails share one. */
  readonly #seen = new Set<string>();
  readonly #skipped = new Set<string>();

  /** `limitMs` is the time of work for all filters together, in milliseconds. */
  constructor(limitMs: number) {
    this.#deadline = workedMs() + limitMs;
  }

  /** Jails whose filters were not tried, or not to the end, for lack of time. */
  get skipped(): ReadonlySet<string> {
    return this.#skipped;
  }

  /** What can be done to the filter of a jail; nothing when that has been told of another jail. */
  check(jail: string, filter: CompiledFilter): Problem[] {
    const { prefregex, failregex, ignoreregex, maxlines } = filter;
    const patterns = [failregex, ignoreregex].map((list) => list.map(({ pattern }) => pattern));
    const key = JSON.stringify([prefregex?.pattern, patterns, maxlines]);
    if (this.#seen.has(key)) {
      return [];
    }
    this.#seen.add(key);
    return this.findWeaknesses(jail, filter).map(({ kind, regex, message }) =>
      jailProblem(jail, "warning", `${kind} ${message}`, regex.source.origin),
    );
  }

  /** Tries the filter of a jail. */
  findWeaknesses(jail: string, filter: CompiledFilter): Weakness[] {
    const weaknesses: Weakness[] = [];
    const detector = createDateDetector({ datepattern: "{NONE}" });
    const feed = (line: string) =>
      new JailFilter(filter, detector).feedEntry({ time: 0, date: "", text: line }, { clock: CLOCK });
    for (const regex of [filter.prefregex, ...filter.failregex]) {
      if (workedMs() > this.#deadline) {
        this.#skipped.add(jail);
        break;
      }
      const kind = regex === filter.prefregex ? "prefregex" : "failregex";
      for (const found of regex ? this.#judge(jail, regex, { filter, feed }) : []) {
        weaknesses.push({ ...found, kind });
      }
    }
    return weaknesses;
  }

  /** Tells whose filters were not looked at. */
  finish(): Problem[] {
    const names = [...this.#skipped].join(", ");
    const message = `filters not tried with hostile lines, for lack of time: those of ${names}`;
    return this.#skipped.size > 0 ? [{ severity: "warning", message }] : [];
  }

  #judge(jail: string, regex: CompiledRegex, trial: Trial): Omit<Weakness, "kind">[] {
    const slow = findSlowLine(regex);
    const trick = doWithinWork(TRICK_MS, () => findTrick(regex, trial));
    if (trick === "starved") {
      this.#skipped.add(jail);
    }
    // A line made to trick a regex may be one on which it works for ever.
    const stall = slow ?? (trick === "over" ? SLOW_IN_TRIAL : undefined);
    const tricked = typeof trick === "string" ? undefined : trick.value;
    return [
      ...(tricked === undefined ? [] : [{ regex, harm: "trick", message: tricked } as const]),
      ...(stall === undefined ? [] : [{ regex, harm: "stall", message: stall } as const]),
    ];
  }
}
