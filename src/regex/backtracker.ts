import { lowerCode } from "./fold";
import type { Instruction, Program } from "./program";
import type { Assertion, Fold } from "./tree";

const UNSET = -1;
const WORD = /[\p{L}\p{N}_]/u;

type Step<Op extends Instruction["op"]> = Extract<Instruction, { op: Op }>;

/**
 * A backtracking machine with Python's rules for what JavaScript does otherwise: groups keep the value of earlier
 * rounds of a loop, a loop takes one empty round. Its stack is a list of numbers, so no text overflows it.
 */
export class Backtracker {
  readonly #program: Program;
  readonly #text: string;
  /** Group n stands from slot 2n to slot 2n+1; behind them count and last place of each loop. */
  readonly #slots: Int32Array;
  /** Pairs: place and step to go on with, or a slot's old value and the complement of its number. */
  readonly #stack: number[] = [];
  #place = 0;

  constructor(program: Program, text: string) {
    this.#program = program;
    this.#text = text;
    this.#slots = new Int32Array(program.slotCount).fill(UNSET);
  }

  /** Tries to match at one place; on success a copy of the slots of the groups, else undefined. */
  matchAt(start: number): Int32Array | undefined {
    this.#slots.fill(UNSET);
    this.#stack.length = 0;
    this.#place = start;
    if (!this.#run(0)) {
      return undefined;
    }
    this.#slots[0] = start;
    this.#slots[1] = this.#place;
    return this.#slots.slice(0, this.#program.groupSlots);
  }

  /** Runs from a step to its `accept`; leaves what can be undone on the stack. Nothing is left after a failure. */
  #run(from: number): boolean {
    const base = this.#stack.length;
    const { steps } = this.#program;
    for (let next = from; ; ) {
      const step = steps[next];
      if (step === undefined || step.op === "accept") {
        return true;
      }
      next = this.#perform(step, next);
      if (next < 0) {
        next = this.#backtrack(base);
      }
      if (next < 0) {
        return false;
      }
    }
  }

  /** The next step, or -1 when this one fails. */
  #perform(step: Instruction, at: number): number {
    switch (step.op) {
      case "character":
        return this.#takeCharacter(step) ? at + 1 : -1;
      case "run":
        return this.#takeRun(step, at + 1) ? at + 1 : -1;
      case "assert":
        return this.#holds(step.kind, step.ascii) ? at + 1 : -1;
      case "save":
        this.#set(step.slot, this.#place);
        return at + 1;
      case "jump":
        return step.to;
      case "try":
        this.#stack.push(this.#place, step.other);
        return step.to;
      case "reference":
        return this.#takeReference(step.index, step.fold) ? at + 1 : -1;
      case "condition":
        return this.#isSet(step.index) ? at + 1 : step.no;
      default:
        return this.#performNested(step, at);
    }
  }

  #performNested(
    step: Step<"loop-start" | "loop" | "loop-again" | "look" | "atomic" | "accept">,
    at: number,
  ): number {
    switch (step.op) {
      case "loop-start":
        this.#set(step.slot, 0);
        this.#set(step.slot + 1, UNSET);
        return at + 1;
      case "loop":
        return this.#loop(step, at);
      case "loop-again":
        return this.#loopAgain(step);
      case "look":
        return this.#look(step, at) ? step.exit : -1;
      case "atomic":
        return this.#runInner(at + 1) ? step.exit : -1;
      case "accept":
        return at;
      default:
        return step satisfies never;
    }
  }

  #loop(step: Step<"loop">, at: number): number {
    const count = this.#slot(step.slot);
    if (count < step.min) {
      this.#set(step.slot, count + 1);
      return at + 2;
    }
    if (step.lazy) {
      this.#stack.push(this.#place, at + 1);
      return step.exit;
    }
    if (count >= step.max || this.#slot(step.slot + 1) === this.#place) {
      return step.exit;
    }
    this.#stack.push(this.#place, step.exit);
    return at + 1;
  }

  /** One more round beyond the minimum, unless the last one did not move. */
  #loopAgain(step: Step<"loop-again">): number {
    const count = this.#slot(step.slot);
    if (count >= step.max || this.#slot(step.slot + 1) === this.#place) {
      return -1;
    }
    this.#set(step.slot, count + 1);
    this.#set(step.slot + 1, this.#place);
    return step.to;
  }

  #look(step: Step<"look">, at: number): boolean {
    const place = this.#place;
    const base = this.#stack.length;
    const start = this.#stepBack(step.back);
    let found = false;
    if (start >= 0) {
      this.#place = start;
      found = this.#runInner(at + 1);
    }
    if (found && step.negated) {
      this.#undoTo(base);
    }
    this.#place = place;
    return found !== step.negated;
  }

  /** Runs up to the inner `accept` and forgets the choices left there, but not what has to be undone. */
  #runInner(from: number): boolean {
    const base = this.#stack.length;
    if (!this.#run(from)) {
      return false;
    }
    let kept = base;
    for (let i = base; i < this.#stack.length; i += 2) {
      const mark = this.#stack[i + 1] ?? 0;
      if (mark < 0) {
        this.#stack[kept] = this.#stack[i] ?? 0;
        this.#stack[kept + 1] = mark;
        kept += 2;
      }
    }
    this.#stack.length = kept;
    return true;
  }

  #backtrack(base: number): number {
    while (this.#stack.length > base) {
      const mark = this.#stack.pop() ?? 0;
      const value = this.#stack.pop() ?? 0;
      if (mark >= 0) {
        this.#place = value;
        return mark;
      }
      this.#slots[~mark] = value;
    }
    return -1;
  }

  #undoTo(base: number): void {
    for (let next = this.#backtrack(base); next >= 0; next = this.#backtrack(base));
  }

  #set(slot: number, value: number): void {
    this.#stack.push(this.#slot(slot), ~slot);
    this.#slots[slot] = value;
  }

  #slot(slot: number): number {
    return this.#slots[slot] ?? UNSET;
  }

  #isSet(index: number): boolean {
    const start = this.#slot(2 * index);
    return start !== UNSET && this.#slot(2 * index + 1) >= start;
  }

  #takeCharacter(step: Step<"character" | "run">): boolean {
    const code = this.#text.codePointAt(this.#place);
    if (code === undefined || !step.test.accepts(code)) {
      return false;
    }
    this.#place += widthOfCode(code);
    return true;
  }

  #takeRun(step: Step<"run">, exit: number): boolean {
    let count = 0;
    while (count < step.max) {
      const before = this.#place;
      if (!this.#takeCharacter(step)) {
        break;
      }
      if (count >= step.min) {
        this.#stack.push(before, exit);
      }
      count += 1;
    }
    return count >= step.min;
  }

  #takeReference(index: number, fold: Fold): boolean {
    if (!this.#isSet(index)) {
      return false;
    }
    const end = this.#slot(2 * index + 1);
    for (let place = this.#slot(2 * index); place < end; ) {
      const wanted = this.#text.codePointAt(place) ?? UNSET;
      const code = this.#text.codePointAt(this.#place);
      if (code === undefined || lowerCode(code, fold) !== lowerCode(wanted, fold)) {
        return false;
      }
      place += widthOfCode(wanted);
      this.#place += widthOfCode(code);
    }
    return true;
  }

  #holds(kind: Assertion["kind"], ascii: boolean): boolean {
    const text = this.#text;
    const place = this.#place;
    switch (kind) {
      case "start":
        return place === 0;
      case "line-start":
        return place === 0 || text[place - 1] === "\n";
      case "end":
        return place === text.length;
      case "last-line-end":
        return place === text.length || (place === text.length - 1 && text[place] === "\n");
      case "line-end":
        return place === text.length || text[place] === "\n";
      case "boundary":
        return text !== "" && this.#isBoundary(ascii);
      case "not-boundary":
        return text !== "" && !this.#isBoundary(ascii);
      default:
        return kind satisfies never;
    }
  }

  #isBoundary(ascii: boolean): boolean {
    const before = this.#stepBack(1);
    const left = before >= 0 && isWord(this.#text.codePointAt(before), ascii);
    return left !== isWord(this.#text.codePointAt(this.#place), ascii);
  }

  /** The index so many characters before the place, or -1. */
  #stepBack(count: number): number {
    let place = this.#place;
    for (let i = 0; i < count && place >= 0; i += 1) {
      const code = place >= 2 ? (this.#text.codePointAt(place - 2) ?? 0) : 0;
      place -= widthOfCode(code);
    }
    return place;
  }
}

function widthOfCode(code: number): number {
  return code > 0xffff ? 2 : 1;
}

function isWord(code: number | undefined, ascii: boolean): boolean {
  return code !== undefined && (!ascii || code < 0x80) && WORD.test(String.fromCodePoint(code));
}
