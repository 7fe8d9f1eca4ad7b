import { asciiSetOf } from "./ascii-set";
import {
  assertion,
  at,
  behind,
  countNodes,
  dependsOnGroups,
  EMPTY,
  capturesIn,
  isSingle,
  joinSingles,
  text,
  type Place,
  type Rest,
  type Single,
} from "./byte-parts";
import { findEnd, leadIn } from "./byte-run";
import { ByteTests } from "./byte-test";
import { ANYTHING, firstOf, type First } from "./first-set";
import { redundantLooks } from "./redundant";
import { StraightWriter, type Apart, type Straight } from "./straight-source";
import {
  type Alternation,
  type BackReference,
  type Capture,
  type Conditional,
  type Look,
  type Node,
  type Pattern,
  type Repeat,
} from "./tree";

/** A pattern as statements; `tables` are its `t0`, `t1` … */
export interface ByteSource {
  /** Declares `match(p)`: true when the pattern matches at `p`; the groups are then in `g0`, `h0`, `g1`, `h1` … */
  readonly statements: string;
  readonly tables: readonly Uint8Array[];
  /** Variables to be set to -1 before each search. */
  readonly memos: readonly string[];
}

/** Shorter statements are repeated rather than called. */
const SHORT = 90;
/** Up to so many rounds of a counted loop are written one behind the other. */
const MOST_COPIES = 4;
/** Larger bodies are not repeated. */
const MOST_NODES = 12;
/** Begins every function: an exploding search ends when there is no fuel left. */
const HEAD = "if(--fuel<0)return false;const b=B,e=E,s=S,z=Z;";

/** Writes a pattern as JavaScript on bytes, if `isWritable` says that it can be. */
export function writeByteSource(pattern: Pattern): ByteSource {
  return new Writer(pattern).write(pattern.root);
}

class Writer {
  readonly #pattern: Pattern;
  readonly #tests = new ByteTests();
  readonly #looks: ReadonlySet<Look>;
  readonly #straight = new StraightWriter(this.#tests, (node) => this.#special(node));
  readonly #specials = new Map<Node, Straight>();
  readonly #declarations: string[] = [];
  readonly #opens = new Set<string>();
  readonly #memos: string[] = [];
  #count = 0;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#looks = redundantLooks(pattern.root);
  }

  write(root: Node): ByteSource {
    const isPure = !dependsOnGroups(root);
    const accept: Rest = { first: ANYTHING, isPure, emit: (place) => `h0=${text(place)};return true;` };
    const body = this.#emit(root, accept)({ name: "p", offset: 0 });
    const groups = Array.from({ length: this.#pattern.groupCount + 1 }, (_, i) => `g${i}=-1,h${i}=-1`);
    const opens = [...this.#opens].map((name) => `let ${name}=-1;`).join("");
    this.#declarations.push(
      `let ${groups.join(",")};${opens}`,
      `function match(p){${HEAD}g0=p;${body}return false;}`,
    );
    return { statements: this.#declarations.join("\n"), tables: this.#tests.tables, memos: this.#memos };
  }

  #emit(node: Node, rest: Rest): Rest["emit"] {
    const isPlain = node.type === "assertion" || isSingle(node.type === "repeat" ? node.body : node);
    const straight = isPlain ? undefined : this.#straight.write(node, rest.first);
    return straight ? this.#goStraight(node, straight, rest) : this.#emitWays(node, rest);
  }

  /** There is one way through the node; what it takes is forgotten when the rest fails. */
  #goStraight(node: Node, straight: Straight, rest: Rest): Rest["emit"] {
    const groups = capturesIn(node);
    return (place) => {
      const q = this.#name("q");
      const saved = groups.map((index) => ({ index, x: this.#name("x"), y: this.#name("y") }));
      const save = saved.map(({ index, x, y }) => `const ${x}=g${index},${y}=h${index};`).join("");
      const restore = saved.map(({ index, x, y }) => `g${index}=${x};h${index}=${y};`).join("");
      const next = rest.emit({ name: q, offset: 0 });
      return `{let ${q}=${text(place)};${save}${straight(q)}if(${q}>=0){${next}}${restore}}`;
    };
  }

  #emitWays(node: Node, rest: Rest): Rest["emit"] {
    switch (node.type) {
      case "literal":
      case "any":
      case "set":
        return (place) => `if(${this.#single(node, place)}){${rest.emit(behind(place))}}`;
      case "assertion":
        return (place) => `if(${assertion(node, place)}){${rest.emit(place)}}`;
      case "sequence":
        return this.#chain(node.items, rest).emit;
      case "alternation":
        return this.#alternation(node, rest);
      case "capture":
        return this.#capture(node, rest);
      case "repeat":
        return this.#repeat(node, rest);
      case "conditional":
        return this.#conditional(node, rest);
      default:
        return this.#goStraight(node, this.#special(node), rest);
    }
  }

  /** What is matched by a function of its own. */
  #special(node: Apart): Straight {
    const known = this.#specials.get(node) ?? this.#writeSpecial(node);
    this.#specials.set(node, known);
    return known;
  }

  #writeSpecial(node: Apart): Straight {
    switch (node.type) {
      case "atomic": {
        const name = this.#apart(node.body, (place) => `r=${text(place)};return true;`);
        return (q) => `${q}=${name}(${q})?r:-1;`;
      }
      case "look":
        return this.#look(node);
      case "back-reference":
        return this.#reference(node);
      default:
        return node satisfies never;
    }
  }

  #chain(items: readonly Node[], rest: Rest): Rest {
    return joinSingles(items).reduceRight<Rest>((next, item) => {
      const [head = EMPTY] = item;
      const emit = item.length > 1 ? this.#singles(item, next) : this.#emit(head, next);
      return { first: firstOf(head, next.first), isPure: next.isPure, emit };
    }, rest);
  }

  /** Single characters one behind the other: one look whether there are so many. */
  #singles(nodes: readonly Node[], rest: Rest): Rest["emit"] {
    return (place) => {
      const tests = nodes.map((node, i) =>
        isSingle(node) ? `(${this.#tests.test(asciiSetOf(node), at(behind(place, i)))})` : "",
      );
      const end = behind(place, nodes.length);
      return `if(${text(end)}<=e&&${tests.join("&&")}){${rest.emit(end)}}`;
    };
  }

  #single(node: Single, place: Place): string {
    return `${text(place)}<e&&${this.#tests.test(asciiSetOf(node), at(place))}`;
  }

  #alternation(node: Alternation, rest: Rest): Rest["emit"] {
    const shared = this.#share(rest);
    return (place) =>
      node.options
        .map((option) => {
          const code = this.#emit(option, shared)(place);
          return this.#guard(firstOf(option, shared.first), place, code);
        })
        .join("");
  }

  /** Statements that are tried only where the text goes on as they need it. */
  #guard(first: First, place: Place, code: string): string {
    if (
      first.set === ANYTHING.set ||
      code.startsWith(`if(${text(place)}<e&&`) ||
      code.startsWith(`if(${text(behind(place))}`)
    ) {
      return code;
    }
    const fits = `${text(place)}<e&&${this.#tests.test(first.set, at(place))}`;
    return `if(${first.end ? `${text(place)}>=e||` : ""}${fits}){${code}}`;
  }

  #capture(node: Capture, rest: Rest): Rest["emit"] {
    const [from, to, open] = [`g${node.index}`, `h${node.index}`, `o${node.index}`];
    this.#opens.add(open);
    const closing: Rest = {
      first: rest.first,
      isPure: rest.isPure,
      emit: (place) => {
        const [x, y] = [this.#name("x"), this.#name("y")];
        const save = `const ${x}=${from},${y}=${to};${from}=${open};${to}=${text(place)};`;
        return `${save}${rest.emit(place)}${from}=${x};${to}=${y};`;
      },
    };
    const body = this.#emit(node.body, closing);
    return (place) => {
      const before = this.#name("x");
      return `{const ${before}=${open};${open}=${text(place)};${body(place)}${open}=${before};}`;
    };
  }

  #repeat(node: Repeat, rest: Rest): Rest["emit"] {
    const { body, min, max, mode } = node;
    if (max === 0) {
      return rest.emit;
    }
    if (isSingle(body)) {
      return min === 1 && max === 1 ? this.#emit(body, rest) : this.#run(node, rest);
    }
    if (min === max && min <= MOST_COPIES && countNodes(body) <= MOST_NODES) {
      return this.#chain(
        Array.from({ length: min }, () => body),
        rest,
      ).emit;
    }
    if (max > 1) {
      return this.#loop(node, rest);
    }
    const shared = this.#share(rest);
    const once = this.#emit(body, shared);
    const first = firstOf(body, shared.first);
    return (place) => {
      const ways = [this.#guard(first, place, once(place)), shared.emit(place)];
      return (mode === "lazy" ? ways.reverse() : ways).join("");
    };
  }

  /** A loop over single characters. */
  #run(node: Repeat, rest: Rest): Rest["emit"] {
    const { body, min, max, mode } = node;
    if (!isSingle(body)) {
      return rest.emit;
    }
    const set = asciiSetOf(body);
    const isCertain = (set & rest.first.set) === 0n || mode === "possessive";
    return (place) => {
      const from = text(place);
      const [end, q] = [this.#name("m"), this.#name("q")];
      if (mode === "lazy" && !isCertain) {
        const inside = rest.emit({ name: q, offset: 0 });
        const guarded = this.#guard(rest.first, { name: q, offset: 0 }, inside);
        const most = max === Infinity ? "" : `||${q}>=${text(behind(place, max))}`;
        const step = `if(${q}>=e${most}||!(${this.#tests.test(set, `b[${q}]`)}))break;`;
        const lead = leadIn(this.#tests, set, { place, min, name: q });
        return `${lead}for(;${q}>=0&&--fuel>=0;${q}++){${guarded}${step}}${min > 0 ? "}" : ""}}`;
      }
      const find = `{${findEnd(this.#tests, node, { place, name: end })}`;
      if (isCertain) {
        return `${find}if(${end}>=${text(behind(place, min))}){${rest.emit({ name: end, offset: 0 })}}}`;
      }
      const inside = this.#guard(rest.first, { name: q, offset: 0 }, rest.emit({ name: q, offset: 0 }));
      const loop = `for(let ${q}=${end};${q}>=${min > 0 ? text(behind(place, min)) : from}&&--fuel>=0;${q}--)`;
      return `${find}${loop}{${inside}}}`;
    };
  }

  /** A loop over more than single characters; no round of it is empty. */
  #loop(node: Repeat, rest: Rest): Rest["emit"] {
    const { body, min, max, mode } = node;
    const [loop, count, c] = [this.#name("l"), this.#name("n"), this.#name("c")];
    const again: Rest = {
      first: firstOf({ ...node, min: Math.max(0, min - 1) }, rest.first),
      isPure: false,
      emit: (place) => `if(${loop}(${text(place)}))return true;`,
    };
    const start = { name: "p", offset: 0 };
    const code = this.#guard(firstOf(body, again.first), start, this.#emit(body, again)(start));
    const most = max === Infinity ? "" : `if(${c}<${max})`;
    const round = `${most}{${count}=${c}+1;${code}${count}=${c};}`;
    const leave = `${min === 0 ? "" : `if(${c}>=${min})`}{${rest.emit(start)}}`;
    const ways = mode === "lazy" ? leave + round : round + leave;
    this.#declarations.push(
      `let ${count}=0;`,
      `function ${loop}(p){${HEAD}const ${c}=${count};${ways}return false;}`,
    );
    return (place) => {
      const before = this.#name("x");
      return `{const ${before}=${count};${count}=0;if(${loop}(${text(place)}))return true;${count}=${before};}`;
    };
  }

  #look(node: Look): Straight {
    if (this.#looks.has(node)) {
      return () => "";
    }
    const name = this.#apart(node.body, () => "return true;");
    return (q) => {
      const from = node.behind ? `${q}-${node.width}` : q;
      const seen = node.behind ? `(${from}>=s&&${name}(${from}))` : `${name}(${from})`;
      return `if(${node.negated ? "" : "!"}${seen})${q}=-1;`;
    };
  }

  #reference({ index }: BackReference): Straight {
    const [from, to] = [`g${index}`, `h${index}`];
    const compare =
      `if(${from}<0||p+${to}-${from}>e)return false;let i=${from},j=p;while(i<${to}&&b[i]===b[j]){i++;j++;}` +
      `if(i===${to}){r=j;return true;}`;
    const name = this.#apart(EMPTY, () => compare);
    return (q) => `${q}=${name}(${q})?r:-1;`;
  }

  #conditional(node: Conditional, rest: Rest): Rest["emit"] {
    const shared = this.#share(rest);
    const [yes, no] = [this.#emit(node.yes, shared), this.#emit(node.no, shared)];
    return (place) => `if(g${node.index}>=0){${yes(place)}}else{${no(place)}}`;
  }

  /** A node in a function of its own, from whose inside nobody goes on. */
  #apart(body: Node, found: (place: Place) => string): string {
    const name = this.#name("f");
    const code = this.#emit(body, { first: ANYTHING, isPure: false, emit: found })({ name: "p", offset: 0 });
    this.#declarations.push(`function ${name}(p){${HEAD}${code}return false;}`);
    return name;
  }

  /** What is tried from several places becomes a function, or the source would grow with each of them. */
  #share(rest: Rest): Rest {
    const start = { name: "p", offset: 0 };
    const code = rest.emit(start);
    if (code.length <= SHORT && !/\b(?:const|let)\b/.test(code)) {
      return rest;
    }
    const name = this.#name("k");
    if (rest.isPure) {
      // Where it failed once it fails again: an address is tried as a host name too, with the same rest behind it.
      this.#memos.push(`${name}f`);
      this.#declarations.push(
        `let ${name}f=-1;function ${name}(p){if(p===${name}f)return false;${HEAD}${code}${name}f=p;return false;}`,
      );
    } else {
      this.#declarations.push(`function ${name}(p){${HEAD}${code}return false;}`);
    }
    return { ...rest, emit: (place) => `if(${name}(${text(place)}))return true;` };
  }

  #name(letter: string): string {
    this.#count += 1;
    return `${letter}_${this.#count}`;
  }
}
