import { createDateDetector } from "../../date";
import { JailFilter, type CompiledFilter, type CompiledRegex } from "../../filter";
import type { Problem } from "../../model";
import { jailProblem } from "./jail-fold";
import { findSlowLine } from "./slow-line";
import { doWithin } from "./time-limit";
import { findTrick, type Trial } from "./trick";

const TRICK_MS = 3000;
const SLOW_IN_TRIAL = `is so slow that it could not be tried with hostile lines within ${TRICK_MS / 1000} s`;
/** The time of the made-up lines does not matter: no date is looked at. */
const CLOCK = { now: 0, findtime: 600, phase: "operation", checkTimes: false } as const;

/**
 * Tries filters with lines made to hurt them: lines by which an attacker gets somebody else banned, and lines on which
 * a regex works for ever. Only what really happened is told. Stops looking when its time is over.
 */
export class HostileCheck {
  readonly #deadline: number;
  /** Filters looked at, since many jails share one. */
  readonly #seen = new Set<string>();
  readonly #skipped: string[] = [];

  /** `limitMs` is the time for all filters together, in milliseconds. */
  constructor(limitMs: number) {
    this.#deadline = performance.now() + limitMs;
  }

  /** What can be done to the filter of a jail. */
  check(jail: string, filter: CompiledFilter): Problem[] {
    const { prefregex, failregex, ignoreregex, maxlines } = filter;
    const patterns = [failregex, ignoreregex].map((list) => list.map(({ pattern }) => pattern));
    const key = JSON.stringify([prefregex?.pattern, patterns, maxlines]);
    if (this.#seen.has(key)) {
      return [];
    }
    this.#seen.add(key);
    const problems: Problem[] = [];
    const detector = createDateDetector({ datepattern: "{NONE}" });
    const feed = (line: string) =>
      new JailFilter(filter, detector).feedEntry({ time: 0, date: "", text: line }, { clock: CLOCK });
    for (const regex of [prefregex, ...failregex]) {
      if (performance.now() > this.#deadline) {
        this.#skipped.push(jail);
        break;
      }
      const kind = regex === prefregex ? "prefregex" : "failregex";
      for (const message of regex ? this.#judge(regex, { filter, feed }) : []) {
        problems.push(jailProblem(jail, "warning", `${kind} ${message}`, regex?.source.origin));
      }
    }
    return problems;
  }

  /** Tells whose filters were not looked at. */
  finish(): Problem[] {
    const names = this.#skipped.join(", ");
    const message = `filters not tried with hostile lines, for lack of time: those of ${names}`;
    return this.#skipped.length > 0 ? [{ severity: "warning", message }] : [];
  }

  #judge(regex: CompiledRegex, trial: Trial): string[] {
    const slow = findSlowLine(regex);
    const trick = doWithin(TRICK_MS, () => findTrick(regex, trial));
    // A line made to trick a regex may be one on which it works for ever.
    const unknown = trick === undefined && slow === undefined ? SLOW_IN_TRIAL : undefined;
    return [trick?.value, slow, unknown].flatMap((message) => message ?? []);
  }
}
