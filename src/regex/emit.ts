import type { Plan } from "./analysis";
import { WORD, characterSource, type Variant } from "./class-source";
import { redundantLooks } from "./redundant";
import {
  childrenOf,
  type Assertion,
  type BackReference,
  type Capture,
  type Conditional,
  type Look,
  type Node,
  type Pattern,
  type Repeat,
} from "./tree";
import { widthOf } from "./width";

/**
 * A pattern as JavaScript source. `groups[n]` is the number the n-th group of the pattern has there. The group
 * `tail`, if there is one, holds a last newline that `$` has seen: it is at the end of the match but no part of it.
 */
export interface Emitted {
  readonly source: string;
  readonly flags: "" | "gu";
  readonly groups: readonly number[];
  readonly tail: number | undefined;
}

/** Writes a pattern as JavaScript source of exactly the same meaning, given a plan made for it. */
export function emitPattern(pattern: Pattern, plan: Plan, variant: Variant): Emitted {
  const emitter = new Emitter({ plan, variant, looks: redundantLooks(pattern.root) });
  const flags = variant === "unicode" ? "gu" : "";
  const { root } = pattern;
  const items = root.type === "sequence" ? root.items : [root];
  const last = items.at(-1);
  if (last?.type !== "assertion" || last.kind !== "last-line-end") {
    const source = emitter.emit(root) + engineMark(root);
    return { source, flags, groups: emitter.groups, tail: undefined };
  }
  // As a look-ahead it would keep V8 from its linear engine.
  const rest = emitter.emit({ type: "sequence", items: items.slice(0, -1) });
  return {
    source: `${rest}(\\n?)$${engineMark(root)}`,
    flags,
    groups: emitter.groups,
    tail: emitter.nextGroup(),
  };
}

/**
 * Loops whose inside may match nothing keep other groups, and sometimes end elsewhere, in V8's linear engine than in
 * its usual one. A look-ahead that is always true keeps V8 from switching to it.
 */
function engineMark(root: Node): string {
  return hasEmptyLoop(root) ? "(?=)" : "";
}

function hasEmptyLoop(node: Node): boolean {
  const loops = node.type === "repeat" && node.max > 1;
  return (loops && widthOf(node.body, new Map()).min === 0) || childrenOf(node).some(hasEmptyLoop);
}

const ASCII_ASSERTIONS: Readonly<Record<Assertion["kind"], string>> = {
  start: "^",
  "line-start": "(?<![^\\n])",
  end: "$",
  "last-line-end": "(?=\\n?$)",
  "line-end": "(?![^\\n])",
  boundary: "\\b",
  // In an empty text Python finds neither a boundary nor a place that is none.
  "not-boundary": "(?!^$)\\B",
};
const UNICODE_BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const UNICODE_NOT_BOUNDARY = `(?!^$)(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;

const MAX_WRITTEN_OUT = 4;

class Emitter {
  readonly groups: number[] = [0];
  readonly #marks = new Map<number, number>();
  readonly #plan: Plan;
  readonly #variant: Variant;
  readonly #looks: ReadonlySet<Look>;
  #count = 0;

  constructor(options: {
    readonly plan: Plan;
    readonly variant: Variant;
    readonly looks: ReadonlySet<Look>;
  }) {
    this.#plan = options.plan;
    this.#variant = options.variant;
    this.#looks = options.looks;
  }

  emit(node: Node): string {
    switch (node.type) {
      case "literal":
      case "any":
      case "set":
        return characterSource(node, this.#variant);
      case "assertion":
        return this.#emitAssertion(node);
      case "sequence":
        return node.items.map((item) => this.#emitItem(item)).join("");
      case "alternation":
        return node.options.map((option) => this.#emitItem(option)).join("|");
      case "capture":
        return this.#emitCapture(node);
      case "repeat":
        return this.#emitRepeat(node);
      case "atomic":
        return this.#emitAtomic(() => this.emit(node.body));
      case "look":
        return this.#emitLook(node);
      case "back-reference":
        return this.#emitReference(node);
      case "conditional":
        return this.#emitConditional(node);
      default:
        return node satisfies never;
    }
  }

  #emitItem(node: Node): string {
    const source = this.emit(node);
    return node.type === "alternation" ? `(?:${source})` : source;
  }

  #emitAssertion(node: Assertion): string {
    if (this.#variant === "unicode" && !node.ascii && node.kind === "boundary") {
      return UNICODE_BOUNDARY;
    }
    if (this.#variant === "unicode" && !node.ascii && node.kind === "not-boundary") {
      return UNICODE_NOT_BOUNDARY;
    }
    return ASCII_ASSERTIONS[node.kind];
  }

  #emitCapture(node: Capture): string {
    let mark = "";
    if (this.#plan.marked.has(node.index)) {
      this.#marks.set(node.index, this.nextGroup());
      // The rest of the text from here: anywhere later less is left, so it cannot match again once it is set.
      mark = "(?=([^]*))";
    }
    this.groups[node.index] = this.nextGroup();
    return `${mark}(${this.emit(node.body)})`;
  }

  #emitLook(node: Look): string {
    return this.#looks.has(node)
      ? ""
      : `(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}${this.emit(node.body)})`;
  }

  #emitRepeat(node: Repeat): string {
    if (node.mode !== "possessive") {
      return this.#emitLoop(node, (body) => this.emit(body));
    }
    // Python's possessive repeat does not go back into its rounds either.
    return this.#emitAtomic(() => this.#emitLoop(node, (body) => this.#emitRound(body)));
  }

  #emitRound(body: Node): string {
    return isSingle(body) ? this.emit(body) : this.#emitAtomic(() => this.emit(body));
  }

  #emitLoop(node: Repeat, emitBody: (body: Node) => string): string {
    const { min, max, mode, body } = node;
    if (isSingle(body)) {
      return repeatSingle(emitBody(body), node);
    }
    const source = emitBody(body);
    if (max === 1 && min === 1) {
      return `(?:${source})`;
    }
    if (max === 1) {
      // Not "?": JavaScript gives up a round that matches nothing, and with it the groups set there.
      return mode === "lazy" ? `(?:|(?:${source}))` : `(?:(?:${source})|)`;
    }
    return `(?:${source})${quantifier(min, max)}${mode === "lazy" ? "?" : ""}`;
  }

  /** A look-ahead is never gone back into: what it saw is captured, and then taken as it is. */
  #emitAtomic(emitBody: () => string): string {
    const group = this.nextGroup();
    return `(?:(?=(${emitBody()}))\\${group})`;
  }

  #emitReference(node: BackReference): string {
    const reference = `\\${this.#groupOf(node.index)}`;
    return this.#plan.certain.has(node)
      ? `(?:${reference})`
      : `(?:(?!\\${this.#markOf(node.index)})${reference})`;
  }

  #emitConditional(node: Conditional): string {
    if (this.#plan.certain.has(node)) {
      const yes = this.emit(node.yes);
      // Groups of the other branch keep their numbers, though it is never entered.
      return `(?:(?:${yes})|[](?:${this.emit(node.no)}))`;
    }
    const mark = `\\${this.#markOf(node.index)}`;
    return `(?:(?!${mark})(?:${this.emit(node.yes)})|(?=${mark})(?:${this.emit(node.no)}))`;
  }

  /** The number of the next JavaScript group. */
  nextGroup(): number {
    this.#count += 1;
    return this.#count;
  }

  #groupOf(index: number): number {
    return this.groups[index] ?? 0;
  }

  #markOf(index: number): number {
    return this.#marks.get(index) ?? 0;
  }
}

function isSingle(node: Node): boolean {
  return node.type === "literal" || node.type === "any" || node.type === "set";
}

/**
 * Short counts are written out, as `x(?:xx?)?` for `x{1,3}`: V8's linear engine refuses counted loops in counted
 * loops, like those that read IPv6, when their counts multiply to more than 16.
 */
function repeatSingle(source: string, node: Repeat): string {
  const { min, max } = node;
  const mode = node.mode === "lazy" ? "?" : "";
  if (max > MAX_WRITTEN_OUT || max === min || max === 1) {
    return source + quantifier(min, max) + mode;
  }
  let optional = `${source}?${mode}`;
  for (let i = max - min; i > 1; i -= 1) {
    optional = `(?:${source}${optional})?${mode}`;
  }
  return source.repeat(min) + optional;
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) {
    return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  }
  if (min === max) {
    return min === 1 ? "" : `{${min}}`;
  }
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}
