import { asciiInSet, keyOf } from "./class-source";
import { caseVariants } from "./fold";
import { childrenOf, type AnyCharacter, type CharacterSet, type Literal, type Node } from "./tree";

/** Characters of ASCII, one bit each. */
export type AsciiSet = bigint;

const ASCII_SIZE = 128;
/** What stands for a class in a made-up text: the first of these that it takes, so that the text is readable. */
const READABLE = `x4a. -:/=_,;'"()[]`;

const known = new WeakMap<Node, AsciiSet>();

/** The ASCII characters that a literal, a dot or a class takes. */
export function asciiSetOf(node: Literal | AnyCharacter | CharacterSet): AsciiSet {
  const set = known.get(node) ?? computeSet(node);
  known.set(node, set);
  return set;
}

const ALL = (1n << BigInt(ASCII_SIZE)) - 1n;
const NEWLINE = 1n << 10n;
/** The same few classes stand in all patterns, and asking an expression about each character takes time. */
const knownClasses = new Map<string, AsciiSet>();

function computeSet(node: Literal | AnyCharacter | CharacterSet): AsciiSet {
  switch (node.type) {
    case "literal":
      return caseVariants(node.code, node.fold)
        .filter((code) => code < ASCII_SIZE)
        .reduce((set, code) => set | (1n << BigInt(code)), 0n);
    case "any":
      return node.newline ? ALL : ALL & ~NEWLINE;
    case "set": {
      const key = keyOf(node);
      const set = knownClasses.get(key) ?? computeClass(node);
      knownClasses.set(key, set);
      return set;
    }
    default:
      return node satisfies never;
  }
}

function computeClass(node: CharacterSet): AsciiSet {
  const words = [0, 0, 0, 0];
  for (let code = 0; code < ASCII_SIZE; code += 1) {
    if (asciiInSet(node, code) !== node.negated) {
      words[code >> 5] = (words[code >> 5] ?? 0) | (1 << (code & 31));
    }
  }
  return words.reduceRight((set, word) => (set << 32n) | BigInt(word >>> 0), 0n);
}

/** Whether a set has all these characters. */
export function hasAll(set: AsciiSet, text: string): boolean {
  return Array.from(text).every((char) => ((set >> BigInt(char.codePointAt(0) ?? 0)) & 1n) === 1n);
}

/** A character of the set, a readable one if there is any; `undefined` for the empty set. */
export function pickCharacter(set: AsciiSet): string | undefined {
  const readable = Array.from(READABLE).find((char) => hasAll(set, char));
  if (readable !== undefined || set === 0n) {
    return readable;
  }
  const codes = Array.from({ length: ASCII_SIZE }, (_, i) => (i + 0x20) % ASCII_SIZE);
  const code = codes.find((one) => ((set >> BigInt(one)) & 1n) === 1n);
  return code === undefined ? undefined : String.fromCharCode(code);
}

/** All characters that some part of a node takes, the parts of look-arounds left out. */
export function charactersIn(node: Node): AsciiSet {
  switch (node.type) {
    case "literal":
    case "any":
    case "set":
      return asciiSetOf(node);
    case "look":
      return 0n;
    default:
      return childrenOf(node).reduce((all, child) => all | charactersIn(child), 0n);
  }
}
