import { CharacterTest } from "./character-test";
import type { Assertion, Fold, Node, Pattern, Repeat } from "./tree";

/** One step of the backtracking machine. `to`, `exit`, `no` are indices into the program. */
export type Instruction =
  | { readonly op: "character"; readonly test: CharacterTest }
  | {
      readonly op: "run";
      readonly test: CharacterTest;
      readonly min: number;
      readonly max: number;
    }
  | { readonly op: "assert"; readonly kind: Assertion["kind"]; readonly ascii: boolean }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "try"; to: number; other: number }
  | { readonly op: "loop-start"; readonly slot: number }
  | {
      readonly op: "loop";
      readonly slot: number;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
      exit: number;
    }
  | { readonly op: "loop-again"; readonly slot: number; readonly max: number; to: number }
  | {
      readonly op: "look";
      /** Characters to step back first. */
      readonly back: number;
      readonly negated: boolean;
      exit: number;
    }
  | { readonly op: "atomic"; exit: number }
  | { readonly op: "accept" }
  | { readonly op: "reference"; readonly index: number; readonly fold: Fold }
  | { readonly op: "condition"; readonly index: number; no: number };

/** A program and how many slots it needs: first two for each group, then two for each loop. */
export interface Program {
  readonly steps: readonly Instruction[];
  readonly groupSlots: number;
  readonly slotCount: number;
  /** No match can begin behind the start of the text. */
  readonly anchored: boolean;
}

/** Translates a pattern for the backtracking machine. */
export function compileProgram(pattern: Pattern): Program {
  const compiler = new ProgramCompiler(2 * (pattern.groupCount + 1));
  return compiler.finish(pattern.root);
}

class ProgramCompiler {
  readonly #steps: Instruction[] = [];
  readonly #groupSlots: number;
  #slotCount: number;

  constructor(groupSlots: number) {
    this.#groupSlots = groupSlots;
    this.#slotCount = groupSlots;
  }

  finish(root: Node): Program {
    this.#compile(root);
    this.#steps.push({ op: "accept" });
    return {
      steps: this.#steps,
      groupSlots: this.#groupSlots,
      slotCount: this.#slotCount,
      anchored: startsAnchored(root),
    };
  }

  #compile(node: Node): void {
    switch (node.type) {
      case "literal":
      case "any":
      case "set":
        this.#steps.push({ op: "character", test: new CharacterTest(node) });
        return;
      case "assertion":
        this.#steps.push({ op: "assert", kind: node.kind, ascii: node.ascii });
        return;
      case "sequence":
        for (const item of node.items) {
          this.#compile(item);
        }
        return;
      case "alternation":
        this.#compileAlternation(node.options);
        return;
      case "capture":
        this.#steps.push({ op: "save", slot: 2 * node.index });
        this.#compile(node.body);
        this.#steps.push({ op: "save", slot: 2 * node.index + 1 });
        return;
      case "repeat":
        this.#compileRepeat(node);
        return;
      default:
        this.#compileSpecial(node);
    }
  }

  #compileSpecial(node: Extract<Node, { type: "atomic" | "look" | "back-reference" | "conditional" }>): void {
    switch (node.type) {
      case "atomic":
        this.#compileInner({ op: "atomic", exit: 0 }, () => this.#compile(node.body));
        return;
      case "look": {
        const step = { op: "look" as const, back: node.width, negated: node.negated, exit: 0 };
        this.#compileInner(step, () => this.#compile(node.body));
        return;
      }
      case "back-reference":
        this.#steps.push({ op: "reference", index: node.index, fold: node.fold });
        return;
      case "conditional": {
        const condition = this.#push({ op: "condition", index: node.index, no: 0 });
        this.#compile(node.yes);
        const jump = this.#push({ op: "jump", to: 0 });
        condition.no = this.#steps.length;
        this.#compile(node.no);
        jump.to = this.#steps.length;
        return;
      }
      default:
        node satisfies never;
    }
  }

  #compileInner(step: Extract<Instruction, { op: "atomic" | "look" }>, compileBody: () => void): void {
    this.#steps.push(step);
    compileBody();
    this.#steps.push({ op: "accept" });
    step.exit = this.#steps.length;
  }

  #compileAlternation(options: readonly Node[]): void {
    const jumps: { to: number }[] = [];
    options.forEach((option, i) => {
      const last = i === options.length - 1;
      const choice = last ? undefined : this.#push({ op: "try", to: this.#steps.length + 1, other: 0 });
      this.#compile(option);
      if (choice) {
        jumps.push(this.#push({ op: "jump", to: 0 }));
        choice.other = this.#steps.length;
      }
    });
    for (const jump of jumps) {
      jump.to = this.#steps.length;
    }
  }

  #compileRepeat(node: Repeat): void {
    if (node.mode !== "possessive") {
      this.#compileLoop(node, () => this.#compile(node.body));
      return;
    }
    // Python's possessive repeat does not go back into its rounds either.
    const compileRound = () => this.#compileInner({ op: "atomic", exit: 0 }, () => this.#compile(node.body));
    this.#compileInner({ op: "atomic", exit: 0 }, () => this.#compileLoop(node, compileRound));
  }

  #compileLoop(node: Repeat, compileBody: () => void): void {
    const { body, min, max } = node;
    if (node.mode !== "lazy" && (body.type === "literal" || body.type === "any" || body.type === "set")) {
      this.#steps.push({ op: "run", test: new CharacterTest(body), min, max });
      return;
    }
    const slot = this.#slotCount;
    this.#slotCount += 2;
    this.#steps.push({ op: "loop-start", slot });
    const again = this.#steps.length;
    const loop = this.#push({ op: "loop", slot, min, max, lazy: node.mode === "lazy", exit: 0 });
    this.#steps.push({ op: "loop-again", slot, max, to: again + 2 });
    compileBody();
    this.#steps.push({ op: "jump", to: again });
    loop.exit = this.#steps.length;
  }

  #push<T extends Instruction>(step: T): T {
    this.#steps.push(step);
    return step;
  }
}

/** Whether a node begins at the start of the text only. */
export function startsAnchored(node: Node): boolean {
  if (node.type === "sequence") {
    return node.items[0] !== undefined && startsAnchored(node.items[0]);
  }
  return node.type === "assertion" && node.kind === "start";
}
