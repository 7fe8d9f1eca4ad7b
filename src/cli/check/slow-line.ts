import type { CompiledRegex } from "../../filter";
import { explosiveText, findExplosion } from "../../regex";
import { quoteLine } from "./quote-line";
import { doWithin } from "./time-limit";

const ROUNDS = 60;
const SLOW_MS = 200;
/** Ends that spoil a match. */
const ENDS = ["\n", "\u0001\n", "!\n"];

/** What to say of a regex that works for ever on some line, with the line; `undefined` when none was found. */
export function findSlowLine(regex: CompiledRegex): string | undefined {
  const explosion = findExplosion(regex.matcher.pattern);
  if (!explosion) {
    return undefined;
  }
  // fail2ban tries a regex on every line, the reader only on those that have what it demands.
  const demanded = (regex.needles ?? []).map(({ text }) => text).join(" ");
  const ends = [...ENDS, ...ENDS.map((end) => `${demanded}${end}`)];
  const texts = ends.map((end) => explosiveText(explosion, ROUNDS, end));
  // Twice, since a busy machine may be the slow one.
  const slow = texts.find((text) => isSlow(regex, text) && isSlow(regex, text));
  if (slow === undefined) {
    return undefined;
  }
  const { prefix, pump } = explosion;
  const shown = `${quoteLine(prefix)} and ${ROUNDS} times ${quoteLine(pump)}`;
  return `can explode: a line of ${slow.length} characters keeps it busy for more than ${SLOW_MS / 1000} s, like ${shown}`;
}

function isSlow({ matcher }: CompiledRegex, text: string): boolean {
  return doWithin(SLOW_MS, () => matcher.test(text)) === undefined;
}
