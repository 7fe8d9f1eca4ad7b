import { theWorkspace } from "../wasm";
import { isCombined } from "./named-groups";
import type { ByteRegex, ByteRegexes } from "./program-layout";

const INT = 4;

/** What a record has at its begin: how many groups there are (-1: its matches are not packed) and where they are told of. */
export const LAYOUT = {
  slots: 0,
  slotsAt: 1,
  /** Bytes that the names and all numbers take at the most. */
  room: 2,
  /** Then come the addresses of the begins of these groups in the spans. */
  groups: 3,
} as const;
export const SPECIAL = [
  "mlfid",
  "user",
  "ip4",
  "ip6",
  "nofail",
  "mlfgained",
  "mlfforget",
  "fid",
  "dns",
  "cidr",
] as const;
/** Numbers of a record. */
export const LAYOUT_SIZE = 16;

/** What is told of a group: its name, the place of its begin in the spans, and whether it stays with a session. */
export const SLOT = { name: 0, nameLength: 1, spanAt: 2, isLasting: 3 } as const;
export const SLOT_SIZE = 4;

/** Bytes of a number that is no longer than a line, and of what comes beside the groups. */
const NUMBER_ROOM = 6;
const REST = 128;

/**
 * Writes down how the matches of each failregex are packed. A record says that they are not where groups work together,
 * or one of the failregex may take the place of one of the prefregex.
 */
export function writeLayouts(
  { failregex, prefix }: Pick<ByteRegexes, "failregex" | "prefix">,
  layoutsAt: number,
  owner: object,
): void {
  failregex.forEach((regex, i) => {
    const record = theWorkspace().numbers(layoutsAt + i * LAYOUT_SIZE * INT, LAYOUT_SIZE);
    record.set(recordOf(regex, prefix, owner));
  });
}

function recordOf(regex: ByteRegex, prefix: ByteRegex | undefined, owner: object): readonly number[] {
  const all = [prefix, regex].flatMap((one) =>
    one ? one.names.map(([name, at]) => [name, one.matcher.spansAt + at * INT] as const) : [],
  );
  const places = new Map(all);
  if (places.size < all.length || all.some(([name]) => isCombined(name) || name === "count")) {
    return [-1];
  }
  const workspace = theWorkspace();
  const encoder = new TextEncoder();
  const slots = all.flatMap(([name, spanAt]) => {
    const bytes = encoder.encode(name);
    const isLasting = name !== "nofail" && name !== "mlfgained";
    return [workspace.table(bytes), bytes.length, spanAt, isLasting ? 1 : 0];
  });
  const slotsAt = workspace.allocate(Math.max(1, slots.length) * INT, owner);
  workspace.numbers(slotsAt, slots.length).set(slots);
  const names = all.reduce((sum, [name]) => sum + encoder.encode(name).length, 0);
  const room = names + all.length * 2 * NUMBER_ROOM + REST;
  return [all.length, slotsAt, room, ...SPECIAL.map((name) => places.get(name) ?? noGroup())];
}

let never: number | undefined;

/** The place of a group that never takes part. */
export function noGroup(): number {
  if (never === undefined) {
    never = theWorkspace().allocate(2 * INT);
    theWorkspace().numbers(never, 2).fill(-1);
  }
  return never;
}
