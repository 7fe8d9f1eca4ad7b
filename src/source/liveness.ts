import type { Block, Phase } from "../model";
import type { Clock } from "../platform";

/** What a source does that should not go unnoticed. */
export type LivenessEvent =
  /** It used to speak, and has said nothing for longer than ever before. */
  | { readonly type: "silent"; readonly seconds: number; readonly usual: number }
  | { readonly type: "speaking"; readonly seconds: number }
  /** No date was found in many lines one after the other. */
  | { readonly type: "no-dates"; readonly line: string }
  /** The dates of its lines lie so many seconds after (before: negative) the clock, all alike. */
  | { readonly type: "off-clock"; readonly seconds: number; readonly line: string }
  /** Lines come faster than they are handled. */
  | { readonly type: "slow"; readonly seconds: number; readonly bytes: number };

/** How lively a source is. Times in seconds. */
export interface LivenessState {
  /** When its last line came, since 1970; `undefined` before the first. */
  readonly lastLine: number | undefined;
  readonly isSilent: boolean;
  /** Lines whose date was looked for, and how many of them had none. */
  readonly sampled: number;
  readonly undated: number;
  /** How far the date of the last line looked at lay after the clock; `undefined` when none was found. */
  readonly offset: number | undefined;
}

/** As much of a block as is looked at. */
export type SampledBlock = Pick<Block, "text" | "decode" | "timeAt">;

/** How a source is watched. */
export interface LivenessNeeds {
  readonly clock: Clock;
  /** Seconds since 1970 of a line; `undefined` when it has no date, `none` when none is wanted. */
  readonly timeOf: (line: string) => number | "none" | undefined;
  readonly report: (event: LivenessEvent) => void;
}

/** Nobody is missed sooner. */
const SHORTEST_SILENCE = 3600;
/** As many times the longest pause so far. */
const LONGER_THAN_EVER = 4;
/** A source that has come as often is one that speaks. */
const FEWEST_BLOCKS = 20;
const SAMPLE_EVERY = 1;
const MANY_UNDATED = 20;
const MANY_OFF = 5;
/** Clocks of zones are apart by multiples of this. */
const QUARTER = 900;
/** How far dates may stray from a multiple. */
const STRAY = 300;
const SLOW = 30;
const REMIND_DATES = 86_400;
const REMIND_SLOW = 3600;

/**
 * Watches over a source whose lines are read: whether it still speaks, whether its dates can be read and fit the clock,
 * whether it is read as fast as it is written. Looks at one line a second at most; sleeps with its source.
 */
export class Liveness {
  readonly #needs: LivenessNeeds;
  readonly #reminded = new Map<string, number>();
  #blocks = 0;
  #lastLine: number | undefined;
  #longestPause = 0;
  #isSilent = false;
  #cancel: (() => void) | undefined;
  #lastSample = Number.NEGATIVE_INFINITY;
  #sampled = 0;
  #undated = 0;
  #undatedInARow = 0;
  #offset: number | undefined;
  #offInARow: { readonly quarters: number; readonly count: number } = { quarters: 0, count: 0 };

  constructor(needs: LivenessNeeds) {
    this.#needs = needs;
  }

  get state(): LivenessState {
    return {
      lastLine: this.#lastLine,
      isSilent: this.#isSilent,
      sampled: this.#sampled,
      undated: this.#undated,
      offset: this.#offset,
    };
  }

  /** Lines came. */
  take(block: SampledBlock, phase: Phase): void {
    const now = this.#needs.clock.now();
    this.#hear(now, phase);
    if (phase === "operation" && Math.abs(now - this.#lastSample) >= SAMPLE_EVERY) {
      this.#lastSample = now;
      this.#sample(block, now);
    }
  }

  /** So many bytes wait, and for so many seconds not all has been read. */
  lag(seconds: number, bytes: number): void {
    if (seconds > SLOW && this.#isDue("slow", REMIND_SLOW)) {
      this.#needs.report({ type: "slow", seconds, bytes });
    }
  }

  stop(): void {
    this.#cancel?.();
  }

  #hear(now: number, phase: Phase): void {
    const pause = this.#lastLine === undefined ? 0 : now - this.#lastLine;
    this.#lastLine = now;
    if (phase === "initial") {
      return;
    }
    this.#longestPause = Math.max(this.#longestPause, pause);
    if (this.#isSilent) {
      this.#isSilent = false;
      this.#needs.report({ type: "speaking", seconds: pause });
    }
    if (++this.#blocks >= FEWEST_BLOCKS) {
      this.#cancel ??= this.#needs.clock.after(this.#patience(), () => this.#listen());
    }
  }

  /** Set when lines come and nothing else: a timer for each line would cost more than to look again when it fires. */
  #listen(): void {
    this.#cancel = undefined;
    const pause = this.#needs.clock.now() - (this.#lastLine ?? 0);
    const left = this.#patience() - pause;
    if (left > 0) {
      this.#cancel = this.#needs.clock.after(left, () => this.#listen());
      return;
    }
    this.#isSilent = true;
    this.#needs.report({ type: "silent", seconds: pause, usual: this.#longestPause });
  }

  #patience(): number {
    return Math.max(SHORTEST_SILENCE, this.#longestPause * LONGER_THAN_EVER);
  }

  #sample(block: SampledBlock, now: number): void {
    const { text } = block;
    const start = text.lastIndexOf("\n", text.length - 2) + 1;
    const line = block.decode(start, text.endsWith("\n") ? text.length - 1 : text.length);
    const time = block.timeAt?.(start) ?? this.#needs.timeOf(line);
    if (time === "none") {
      return;
    }
    this.#sampled++;
    this.#offset = time === undefined ? undefined : Math.round(time - now);
    if (this.#offset === undefined) {
      this.#countUndated(line);
    } else {
      this.#undatedInARow = 0;
      this.#countOff(this.#offset, line);
    }
  }

  #countUndated(line: string): void {
    this.#undated++;
    if (++this.#undatedInARow >= MANY_UNDATED && this.#isDue("no-dates", REMIND_DATES)) {
      this.#needs.report({ type: "no-dates", line });
    }
  }

  #countOff(offset: number, line: string): void {
    const quarters = Math.round(offset / QUARTER);
    const isOff = quarters !== 0 && Math.abs(offset - quarters * QUARTER) <= STRAY;
    const before = this.#offInARow;
    const count = isOff ? (quarters === before.quarters ? before.count + 1 : 1) : 0;
    this.#offInARow = { quarters, count };
    if (count >= MANY_OFF && this.#isDue("off-clock", REMIND_DATES)) {
      this.#needs.report({ type: "off-clock", seconds: quarters * QUARTER, line });
    }
  }

  #isDue(what: string, every: number): boolean {
    const now = this.#needs.clock.now();
    const last = this.#reminded.get(what);
    if (last !== undefined && now - last < every) {
      return false;
    }
    this.#reminded.set(what, now);
    return true;
  }
}
