import { planPattern } from "./analysis";
import { isWritable } from "./byte-parts";
import { writeByteSource, type ByteSource } from "./byte-source";
import { listCodes } from "./byte-test";
import { ANYTHING, firstOf } from "./first-set";
import { startsAnchored } from "./program";
import type { Pattern } from "./tree";

/** Matches a pattern on bytes, without making texts of them. */
export interface ByteMatcher {
  /**
   * The last match: for each group of the pattern, 0 being all of it, the index of its first byte and the one behind
   * its last; -1 for groups that took no part.
   */
  readonly spans: Int32Array;
  /** The bytes a match can begin with (1) or not (0). */
  readonly first: Uint8Array;
  /** No match can begin behind the start. */
  readonly isAnchored: boolean;
  /**
   * Finds the leftmost match among the bytes from `start` up to `end`, all of them ASCII, the only newline the last one.
   * 1 and `spans` filled, 0 when there is none, -1 when it took so long that another engine has to say.
   */
  exec(bytes: Uint8Array, start: number, end: number): number;
}

/** Steps of one search, each of which may pass over a whole run of characters. */
const FUEL = 20_000;

/**
 * Compiles a pattern to JavaScript that works on bytes, with exactly the meaning that `compilePattern` gives it for
 * ASCII texts of one line. Costs little until the first search. Undefined when the pattern has something in it that
 * is beyond this way.
 */
export function compileByteMatcher(pattern: Pattern): ByteMatcher | undefined {
  return planPattern(pattern)?.groupsExact && isWritable(pattern.root) ? new LazyMatcher(pattern) : undefined;
}

class LazyMatcher implements ByteMatcher {
  readonly spans: Int32Array;
  readonly first = new Uint8Array(256);
  readonly isAnchored: boolean;
  readonly #pattern: Pattern;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.spans = new Int32Array(2 * (pattern.groupCount + 1));
    this.isAnchored = startsAnchored(pattern.root);
    for (const code of listCodes(firstOf(pattern.root, ANYTHING).set)) {
      this.first[code] = 1;
    }
  }

  /** Replaced by what it compiles. */
  exec: ByteMatcher["exec"] = (bytes, start, end) => {
    this.exec = this.#tryBuild();
    return this.exec(bytes, start, end);
  };

  /** Where code may not be made of texts, there are the other engines. */
  #tryBuild(): ByteMatcher["exec"] {
    try {
      return this.#build();
    } catch (error) {
      if (error instanceof EvalError) {
        return () => -1;
      }
      throw error;
    }
  }

  #build(): ByteMatcher["exec"] {
    const source = writeByteSource(this.#pattern);
    // Made of numbers and own words only; no text of a pattern gets into it.
    // oxlint-disable-next-line no-implied-eval no-new-func
    const make = new Function("spans", "first", "T", programText(source, this.#pattern)) as (
      spans: Int32Array,
      first: Uint8Array,
      tables: readonly Uint8Array[],
    ) => ByteMatcher["exec"];
    return make(this.spans, this.first, source.tables);
  }
}

function programText({ statements, tables, memos }: ByteSource, { root, groupCount }: Pattern): string {
  const groups = Array.from({ length: groupCount + 1 }, (_, i) => i);
  const clear = groups
    .map((i) => `g${i}=h${i}=-1;`)
    .concat(memos.map((name) => `${name}=-1;`))
    .join("");
  const save = groups.map((i) => `spans[${2 * i}]=g${i};spans[${2 * i + 1}]=h${i};`).join("");
  const found = "{if(fuel<0)return -1;save();return 1;}";
  const anywhere = `for(let p=start;p<end;p++)if(first[bytes[p]]===1&&match(p))${found}`;
  const search = startsAnchored(root)
    ? `if(match(start))${found}`
    : `${anywhere}${firstOf(root, ANYTHING).end ? `if(match(end))${found}` : ""}`;
  return `"use strict";
let B,S=0,E=0,Z=0,fuel=0,r=0;
${tables.map((_, i) => `const t${i}=T[${i}];`).join("")}
function word(p){if(p<S||p>=E)return false;const c=B[p];return (c-48>>>0)<10||(c-65>>>0)<26||(c-97>>>0)<26||c===95;}
${statements}
function save(){${save}}
return function(bytes,start,end){
B=bytes;S=start;E=end;Z=end>start&&bytes[end-1]===10?end-1:end;fuel=${FUEL};${clear}
try{${search}}catch{return -1;}
return fuel<0?-1:0;};`;
}
