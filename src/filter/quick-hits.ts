import { LONGEST_NUMBER, PackArena, parseDotted, parseOffender, type Packed } from "../model";
import { theWorkspace } from "../wasm";
import type { ByteLine } from "./byte-line";
import type { CompiledFilter } from "./compile-filter";
import { isCombined } from "./named-groups";
import { PackedHit } from "./packed-hit";
import type { ByteRegex, ByteRegexes } from "./program-layout";
import type { ByteSpan } from "./session-table";
import type { Sessions } from "./sessions";

/** A group, and where it stands when it took part. */
interface Slot {
  readonly name: Uint8Array;
  readonly spans: Int32Array;
  readonly at: number;
}

const SPECIAL = ["mlfid", "user", "ip4", "ip6", "nofail", "mlfgained", "mlfforget"] as const;
/** Groups with which a hit is made the long way. */
const OTHERS: readonly string[] = ["fid", "dns", "cidr"];
const NEVER: Slot = { name: new Uint8Array(0), spans: Int32Array.of(-1, -1), at: 0 };
const USERS = new TextEncoder().encode("users");

/** What has to be known of one failregex and the prefregex before it. */
interface Layout extends Readonly<Record<(typeof SPECIAL)[number], Slot>> {
  readonly slots: readonly Slot[];
  /** Those that stay with a session. */
  readonly lasting: readonly Slot[];
  readonly others: readonly Slot[];
}

/**
 * Makes the hits of which a jail under attack sees most: somebody with an address fails, alone or in the first line of a
 * session. Their groups and lines are packed from the bytes of the log; only the address becomes a text.
 */
export class QuickHits {
  readonly #layouts: readonly (Layout | undefined)[];
  readonly #compiled: CompiledFilter;
  readonly #sessions: Sessions;
  readonly #arena = new PackArena();
  readonly #key: ByteSpan = { bytes: theWorkspace().bytes, from: 0, to: 0 };

  constructor(program: ByteRegexes, compiled: CompiledFilter, sessions: Sessions) {
    this.#compiled = compiled;
    this.#sessions = sessions;
    this.#layouts = program.failregex.map((regex) => layoutOf(regex, program.prefix));
  }

  /** The hit of the last match; undefined, and nothing changed, where it has to be made the long way. */
  make(index: number, line: ByteLine, time: number, now: number): PackedHit | undefined {
    const layout = this.#layouts[index];
    if (!layout || layout.others.some(tookPart)) {
      return undefined;
    }
    const worth = this.#compiled.failregex[index]?.worth;
    if (!tookPart(layout.mlfid)) {
      const id = addressOf(layout, line);
      return id === undefined
        ? undefined
        : new PackedHit({ kind: "failure", failregex: index, time, worth }, id, this.#pack(layout, line));
    }
    this.#key.from = beginOf(layout.mlfid);
    this.#key.to = endOf(layout.mlfid);
    if (this.#sessions.isKnown(this.#key, now)) {
      return undefined;
    }
    const isForgotten = isFilled(layout.mlfforget);
    if (isFilled(layout.nofail) || isFilled(layout.mlfgained)) {
      const quiet = { kind: "quiet", failregex: index, time, worth } as const;
      return this.#begin(new PackedHit(quiet, undefined, this.#pack(layout, line)), now, isForgotten);
    }
    const id = addressOf(layout, line);
    if (id === undefined) {
      return undefined;
    }
    const hasUsers = !isForgotten && isFilled(layout.user);
    const failure = { kind: "failure", failregex: index, time, worth } as const;
    return this.#begin(
      new PackedHit(failure, id, this.#packSession(layout, line, hasUsers)),
      now,
      isForgotten,
    );
  }

  #begin(hit: PackedHit, now: number, isForgotten: boolean): PackedHit {
    if (!isForgotten) {
      this.#sessions.begin(this.#key, now, hit);
    }
    return hit;
  }

  #pack({ slots }: Layout, line: ByteLine): Packed {
    this.#arena.begin(roomFor(slots, line));
    this.#writeHead(slots, 0);
    this.#writeBody(slots);
    return this.#finish(line);
  }

  /** As the session has the groups: its users are one of them. */
  #packSession({ lasting, user }: Layout, line: ByteLine, hasUsers: boolean): Packed {
    const arena = this.#arena;
    arena.begin(roomFor(lasting, line));
    this.#writeHead(lasting, hasUsers ? 1 : 0);
    if (hasUsers) {
      arena.set();
      arena.number(USERS.length);
      arena.number(1);
      arena.number(endOf(user) - beginOf(user));
    }
    this.#writeBody(lasting);
    if (hasUsers) {
      arena.copy(USERS, 0, USERS.length);
      arena.copy(theWorkspace().bytes, beginOf(user), endOf(user));
    }
    return this.#finish(line);
  }

  #writeHead(slots: readonly Slot[], more: number): void {
    const arena = this.#arena;
    let count = more;
    for (const slot of slots) {
      count += tookPart(slot) ? 1 : 0;
    }
    arena.number(count);
    for (const slot of slots) {
      if (tookPart(slot)) {
        arena.number(slot.name.length);
        arena.number(endOf(slot) - beginOf(slot));
      }
    }
  }

  #writeBody(slots: readonly Slot[]): void {
    const { bytes } = theWorkspace();
    for (const slot of slots) {
      if (tookPart(slot)) {
        this.#arena.copy(slot.name, 0, slot.name.length);
        this.#arena.copy(bytes, beginOf(slot), endOf(slot));
      }
    }
  }

  #finish({ start, end, cutStart, cutEnd, shift }: ByteLine): Packed {
    const arena = this.#arena;
    arena.beginLines();
    arena.number(1);
    arena.number(cutStart - start);
    arena.number(cutEnd - cutStart);
    arena.number(end - cutEnd);
    arena.copy(theWorkspace().bytes, start + shift, end + shift);
    return arena.finish();
  }
}

function beginOf({ spans, at }: Slot): number {
  return spans[at] ?? -1;
}

function endOf({ spans, at }: Slot): number {
  return spans[at + 1] ?? -1;
}

function tookPart(slot: Slot): boolean {
  return beginOf(slot) >= 0;
}

function isFilled(slot: Slot): boolean {
  return endOf(slot) > beginOf(slot);
}

/** The normal form of the address, if one took part. */
function addressOf({ ip4, ip6 }: Layout, line: ByteLine): string | undefined {
  const slot = tookPart(ip4) ? ip4 : ip6;
  if (!tookPart(slot)) {
    return undefined;
  }
  const text = line.part(beginOf(slot), endOf(slot));
  return parseDotted(text) === undefined ? parseOffender(text).id : text;
}

/** Bytes that these groups, the users and the line take at the most. */
function roomFor(slots: readonly Slot[], { start, end }: ByteLine): number {
  let room = 2 * (end - start) + USERS.length + 8 * LONGEST_NUMBER;
  for (const slot of slots) {
    room += slot.name.length + Math.max(0, endOf(slot) - beginOf(slot)) + 2 * LONGEST_NUMBER;
  }
  return room;
}

/** Undefined where groups work together, or one of the failregex may take the place of one of the prefregex. */
function layoutOf(regex: ByteRegex, prefix: ByteRegex | undefined): Layout | undefined {
  const all = [prefix, regex].flatMap((one) =>
    one ? one.names.map(([name, at]) => [name, { at, spans: one.matcher.spans }] as const) : [],
  );
  const names = all.map(([name]) => name);
  if (new Set(names).size < names.length || names.some((name) => isCombined(name) || name === "count")) {
    return undefined;
  }
  const encoder = new TextEncoder();
  const slots = new Map(all.map(([name, place]) => [name, { name: encoder.encode(name), ...place }]));
  const slotOf = (name: string): Slot => slots.get(name) ?? NEVER;
  const special = Object.fromEntries(SPECIAL.map((name) => [name, slotOf(name)]));
  return {
    ...(special as Record<(typeof SPECIAL)[number], Slot>),
    slots: [...slots.values()],
    lasting: [...slots].flatMap(([name, slot]) => (name === "nofail" || name === "mlfgained" ? [] : [slot])),
    others: OTHERS.filter((name) => slots.has(name)).map(slotOf),
  };
}
