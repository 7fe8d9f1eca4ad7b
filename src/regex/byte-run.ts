import { asciiSetOf, type AsciiSet } from "./ascii-set";
import { behind, isSingle, text, type Place } from "./byte-parts";
import type { ByteTests } from "./byte-test";
import type { Repeat } from "./tree";

/** The rounds that a lazy loop has to take; leaves one block open, or two when there are such rounds. */
export function leadIn(
  tests: ByteTests,
  set: AsciiSet,
  { place, min, name }: { readonly place: Place; readonly min: number; readonly name: string },
): string {
  const start = `{let ${name}=${text(place)};`;
  if (min === 0) {
    return start;
  }
  const goal = text(behind(place, min));
  const test = tests.test(set, `b[${name}]`);
  return `${start}while(${name}<e&&${name}<${goal}&&${test})${name}++;if(${name}===${goal}){`;
}

/** Declares a variable with the place up to which single characters can be taken. */
export function findEnd(
  tests: ByteTests,
  node: Repeat,
  { place, name }: { readonly place: Place; readonly name: string },
): string {
  const { body, max } = node;
  const from = text(place);
  const limit = max === Infinity ? "" : text(behind(place, max));
  if (body.type === "any" && !body.newline) {
    // The only newline of a line is its last character.
    const most = limit === "" ? "z" : `(${limit}<z?${limit}:z)`;
    return `const ${name}=${from}>z?${from}:${most};`;
  }
  const set = isSingle(body) ? asciiSetOf(body) : 0n;
  const bound = limit === "" ? "" : `&&${name}<${limit}`;
  return `let ${name}=${from};while(${name}<e${bound}&&${tests.test(set, `b[${name}]`)})${name}++;`;
}
