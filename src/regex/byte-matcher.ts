import { planPattern } from "./analysis";
import { writeByteSource, type ByteSource } from "./byte-source";
import { listCodes } from "./byte-test";
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
 * ASCII texts of one line. Undefined when the pattern has something in it that is beyond this way.
 */
export function compileByteMatcher(pattern: Pattern): ByteMatcher | undefined {
  const source = planPattern(pattern)?.groupsExact ? writeByteSource(pattern) : undefined;
  return source && build(source, pattern.groupCount);
}

function build(source: ByteSource, groupCount: number): ByteMatcher {
  const spans = new Int32Array(2 * (groupCount + 1));
  const first = new Uint8Array(256);
  listCodes(source.first.set).forEach((code) => {
    first[code] = 1;
  });
  // Made of numbers and own words only; no text of a pattern gets into it.
  // oxlint-disable-next-line no-implied-eval no-new-func
  const make = new Function("spans", "first", "T", programText(source, groupCount)) as (
    spans: Int32Array,
    first: Uint8Array,
    tables: readonly Uint8Array[],
  ) => ByteMatcher["exec"];
  return { spans, first, exec: make(spans, first, source.tables) };
}

function programText({ statements, tables, first, isAnchored }: ByteSource, groupCount: number): string {
  const groups = Array.from({ length: groupCount + 1 }, (_, i) => i);
  const clear = groups.map((i) => `g${i}=h${i}=-1;`).join("");
  const save = groups.map((i) => `spans[${2 * i}]=g${i};spans[${2 * i + 1}]=h${i};`).join("");
  const found = "{if(fuel<0)return -1;save();return 1;}";
  const anywhere = `for(let p=start;p<end;p++)if(first[bytes[p]]===1&&match(p))${found}`;
  const search = isAnchored
    ? `if(match(start))${found}`
    : `${anywhere}${first.end ? `if(match(end))${found}` : ""}`;
  return `"use strict";
let B,S=0,E=0,Z=0,fuel=0,r=0;
${tables.map((_, i) => `const t${i}=T[${i}];`).join("")}
function word(p){if(p<S||p>=E)return false;const c=B[p];return (c-48>>>0)<10||(c-65>>>0)<26||(c-97>>>0)<26||c===95;}
${statements}
function save(){${save}}
return function(bytes,start,end){
B=bytes;S=start;E=end;Z=end>start&&bytes[end-1]===10?end-1:end;fuel=${FUEL};${clear}
${search}
return fuel<0?-1:0;};`;
}
