import type { CompiledRegex } from "../../filter";
import { explosiveText, findCrowding, findExplosion, type Explosion } from "../../regex";
import { quoteLine } from "./quote-line";
import { doWithinWork } from "./time-limit";

const ROUNDS = 60;
/** Where time grows with a power of the length: the square of so many does no harm, the cube does. */
const MANY_ROUNDS = 2000;
const SLOW_MS = 200;
/** Again and again, since a busy machine may be the slow one. */
const TRIES = 4;
/** Ends that spoil a match. */
const ENDS = ["\n", "\u0001\n", "!\n"];

/** What to say of a regex that works for ever on some line, with the line; `undefined` when none was found. */
export function findSlowLine(regex: CompiledRegex): string | undefined {
  const { pattern } = regex.matcher;
  return (
    describeSlow(regex, findExplosion(pattern), { rounds: ROUNDS, verb: "can explode" }) ??
    describeSlow(regex, findCrowding(pattern), { rounds: MANY_ROUNDS, verb: "can become slow" })
  );
}

function describeSlow(
  regex: CompiledRegex,
  explosion: Explosion | undefined,
  { rounds, verb }: { readonly rounds: number; readonly verb: string },
): string | undefined {
  if (!explosion) {
    return undefined;
  }
  // fail2ban tries a regex on every line, the reader only on those that have what it demands.
  const demanded = (regex.needles ?? []).map(({ text }) => text).join(" ");
  const ends = [...ENDS, ...ENDS.map((end) => `${demanded}${end}`)];
  const texts = ends.map((end) => explosiveText(explosion, rounds, end));
  const slow = texts.find((text) => Array.from({ length: TRIES }).every(() => isSlow(regex, text)));
  if (slow === undefined) {
    return undefined;
  }
  const { prefix, pump } = explosion;
  const shown = `${quoteLine(prefix)} and ${rounds} times ${quoteLine(pump)}`;
  return `${verb}: a line of ${slow.length} characters keeps it busy for more than ${SLOW_MS / 1000} s, like ${shown}`;
}

function isSlow({ matcher }: CompiledRegex, text: string): boolean {
  return doWithinWork(SLOW_MS, () => matcher.test(text)) === "over";
}
