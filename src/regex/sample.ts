import { asciiSetOf, pickCharacter } from "./ascii-set";
import type { Span } from "./match";
import { childrenOf, type Alternation, type Capture, type Node, type Pattern, type Repeat } from "./tree";

/** How to make up a text: at every fork the way that leads to a wanted part, else the first or shortest one. */
export interface SampleWishes {
  /** What to write for a named group in place of something made up. */
  readonly groups?: ReadonlyMap<string, string>;
  /** Parts that the text must have. */
  readonly wanted?: ReadonlySet<Node>;
  /** A fork at which to go another way. */
  readonly fork?: Fork;
}

/** One place where a pattern goes several ways, and the way to go: an option's index, or how many rounds. */
export interface Fork {
  readonly node: Alternation | Repeat;
  readonly choice: number;
}

/** A made-up text, and where in it the parts of the pattern stand. */
export interface Sample {
  readonly text: string;
  readonly spans: ReadonlyMap<Node, Span>;
}

/** More rounds than this are not made up. */
const MOST_ROUNDS = 50;

/**
 * A text that the pattern most likely matches. Look-arounds are not looked at, so whoever needs certainty tries it.
 */
export function makeSample(pattern: Pattern, wishes: SampleWishes = {}): Sample {
  return new SampleWriter(wishes).write(pattern.root);
}

/** The forks of a pattern, each with every other way to go; with `after` only those that come behind that part. */
export function listForks(pattern: Pattern, after?: Node): Fork[] {
  const forks: Fork[] = [];
  let isBehind = after === undefined;
  const visit = (node: Node): void => {
    if (node === after) {
      isBehind = true;
      return;
    }
    if (isBehind && node.type === "alternation") {
      node.options.forEach((_, choice) => forks.push({ node, choice }));
    } else if (isBehind && node.type === "repeat" && node.min < node.max) {
      forks.push({ node, choice: node.min + 1 });
    }
    if (node.type !== "look") {
      childrenOf(node).forEach(visit);
    }
  };
  visit(pattern.root);
  return forks;
}

class SampleWriter {
  readonly #wishes: SampleWishes;
  readonly #wanted: (node: Node) => boolean;
  readonly #spans = new Map<Node, Span>();
  readonly #groups = new Map<number, string>();
  #text = "";

  constructor(wishes: SampleWishes) {
    this.#wishes = wishes;
    const targets = new Set<Node>([...(wishes.wanted ?? []), ...(wishes.fork ? [wishes.fork.node] : [])]);
    this.#wanted = (node) => leadsTo(node, targets, wishes.groups);
  }

  write(root: Node): Sample {
    this.#visit(root);
    return { text: this.#text, spans: this.#spans };
  }

  #visit(node: Node): void {
    const start = this.#text.length;
    this.#visitKind(node);
    if (!this.#spans.has(node)) {
      this.#spans.set(node, { start, end: this.#text.length });
    }
  }

  #visitKind(node: Node): void {
    switch (node.type) {
      case "literal":
        this.#text += String.fromCodePoint(node.code);
        break;
      case "any":
      case "set":
        this.#text += pickCharacter(asciiSetOf(node)) ?? "";
        break;
      case "alternation":
        this.#visit(this.#chooseOption(node));
        break;
      case "repeat":
        this.#visitRepeat(node);
        break;
      case "capture":
        this.#visitCapture(node);
        break;
      case "back-reference":
        this.#text += this.#groups.get(node.index) ?? "";
        break;
      case "conditional":
        this.#visit(this.#groups.has(node.index) ? node.yes : node.no);
        break;
      case "sequence":
      case "atomic":
        childrenOf(node).forEach((child) => this.#visit(child));
        break;
      case "look":
      case "assertion":
        break;
    }
  }

  #chooseOption(node: Alternation): Node {
    const { fork } = this.#wishes;
    const index = fork?.node === node ? fork.choice : Math.max(0, node.options.findIndex(this.#wanted));
    return node.options[index] ?? node;
  }

  #visitRepeat(node: Repeat): void {
    const { fork } = this.#wishes;
    const least = Math.max(node.min, this.#wanted(node.body) && node.max > 0 ? 1 : 0);
    const rounds = fork?.node === node ? fork.choice : least;
    for (let i = 0; i < Math.min(rounds, MOST_ROUNDS); i += 1) {
      this.#visit(node.body);
    }
  }

  #visitCapture(node: Capture): void {
    const given = node.name === undefined ? undefined : this.#wishes.groups?.get(node.name);
    const start = this.#text.length;
    if (given === undefined) {
      this.#visit(node.body);
    } else {
      this.#text += given;
    }
    this.#groups.set(node.index, this.#text.slice(start));
  }
}

function leadsTo(
  node: Node,
  targets: ReadonlySet<Node>,
  groups: ReadonlyMap<string, string> | undefined,
): boolean {
  if (targets.has(node) || (node.type === "capture" && node.name !== undefined && groups?.has(node.name))) {
    return true;
  }
  return childrenOf(node).some((child) => leadsTo(child, targets, groups));
}
