import { createDateDetector } from "../date";
import type { Block, FilterSpec } from "../model";
import type { PrefixListener } from "./feed-parts";
import type { Hit } from "./hit-maker";
import { compileFilter, type CompiledFilter } from "./compile-filter";
import type { FeedOptions } from "./feed-options";
import { JailFilter } from "./jail-filter";

/** The parts of a filter that a test cares for. */
export type FilterParts = Partial<
  Omit<FilterSpec, "prefregex" | "failregex" | "ignoreregex" | "datepattern">
> & {
  readonly prefregex?: string;
  readonly failregex: readonly string[];
  readonly ignoreregex?: readonly string[];
  readonly datepattern?: string;
};

/** A filter of those parts. */
export function makeFilter(parts: FilterParts, prefixFound?: PrefixListener): JailFilter {
  const { datepattern } = parts;
  const compiled = known.get(parts) ?? compileParts(parts);
  known.set(parts, compiled);
  const detector = createDateDetector(datepattern === undefined ? {} : { datepattern });
  return new JailFilter(compiled, detector, prefixFound);
}

/** Properties make the same filters again and again, and compiling takes most of their time. */
const known = new WeakMap<FilterParts, CompiledFilter>();

function compileParts(parts: FilterParts): CompiledFilter {
  const { prefregex, failregex, ignoreregex = [], datepattern, ...rest } = parts;
  const spec: FilterSpec = {
    maxlines: 1,
    usedns: "warn",
    ...rest,
    ...(prefregex === undefined ? {} : { prefregex: { text: prefregex } }),
    ...(datepattern === undefined ? {} : { datepattern: { text: datepattern } }),
    failregex: failregex.map((text) => ({ text })),
    ignoreregex: ignoreregex.map((text) => ({ text })),
  };
  return compileFilter(spec);
}

/** Noon of 1 January 2026, UTC, in seconds. */
export const NOON = Date.UTC(2026, 0, 1, 12) / 1000;

/** How a jail in operation feeds lines at noon; with other values where they are given. */
export function feedAt(clock: Partial<FeedOptions["clock"]> = {}): Omit<FeedOptions, "earlier"> {
  return { clock: { now: NOON, findtime: 600, phase: "operation", checkTimes: true, ...clock } };
}

/** Bytes of UTF-8 as a block. */
export function makeTestBlock(text: string): Block {
  const bytes = Buffer.from(text, "utf8");
  const view = bytes.toString("latin1");
  return {
    text: view,
    length: view.length,
    part: (start, end) => view.slice(start, end),
    copyBytes: (target, start, end) => target.set(bytes.subarray(start, end)),
    decode: (start, end) => Buffer.from(view.slice(start, end), "latin1").toString("utf8"),
  };
}

/** All that a hit says, taken out of it: its members may be those of its class. */
export function plainHit(hit: Hit): object {
  const { kind, failregex, ignoreregex, time, identity, worth, groups, matches } = hit;
  return { kind, failregex, ignoreregex, time, identity, worth, groups: [...groups], matches };
}
