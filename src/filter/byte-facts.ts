import type { Facts } from "./bare-sessions";
import { theWorkspace } from "../wasm";
import type { ByteLine } from "./byte-line";
import type { ByteRegex } from "./program-layout";
import type { ByteSpan } from "./session-table";
import { isCombined } from "./named-groups";

/** Where a group stands in the spans of the failregex and in those of the prefregex; -1 when there is none. */
interface Source {
  readonly own: number;
  readonly prefix: number;
}

const GROUPS = [
  "mlfid",
  "user",
  "dns",
  "fid",
  "ip4",
  "ip6",
  "cidr",
  "nofail",
  "mlfgained",
  "mlfforget",
] as const;

/** Reads the facts of a match off the spans of its regexes; of all of them only a host name becomes text. */
export class ByteFacts {
  readonly #sources: Readonly<Record<(typeof GROUPS)[number], Source>>;
  /** Groups that give the user when there is none, in the order in which they are asked. */
  readonly #otherUsers: readonly Source[];
  readonly #own: Int32Array;
  readonly #session: ByteSpan = { bytes: theWorkspace().bytes, from: 0, to: 0 };
  readonly #user: ByteSpan = { bytes: theWorkspace().bytes, from: 0, to: 0 };
  readonly #prefix: Int32Array;
  /** One for all matches. */
  readonly #facts: Facts = {
    session: undefined,
    user: undefined,
    dns: undefined,
    hasId: false,
    hasAddress: false,
    isLocated: false,
    isQuiet: false,
    gains: false,
    forgets: false,
  };

  private constructor(regex: ByteRegex, prefix: ByteRegex | undefined, otherUsers: readonly string[]) {
    const sourceOf = (group: string): Source => ({
      own: placeOf(regex, group),
      prefix: placeOf(prefix, group),
    });
    this.#otherUsers = otherUsers.map(sourceOf);
    this.#sources = Object.fromEntries(GROUPS.map((group) => [group, sourceOf(group)])) as Record<
      (typeof GROUPS)[number],
      Source
    >;
    this.#own = regex.matcher.spans;
    this.#prefix = prefix?.matcher.spans ?? NO_SPANS;
  }

  /** Undefined where groups work together in another way than as further names of the user. */
  static of(regex: ByteRegex, prefix: ByteRegex | undefined): ByteFacts | undefined {
    const names = [...regex.names, ...(prefix?.names ?? [])].map(([name]) => name);
    const combined = [...new Set(names.filter(isCombined))].sort();
    return combined.every((name) => OTHER_USER.test(name))
      ? new ByteFacts(regex, prefix, combined)
      : undefined;
  }

  /** What the last match says; good until the next one. */
  read(line: ByteLine): Facts {
    const { mlfid, user, dns, fid, ip4, ip6, cidr, nofail, mlfgained, mlfforget } = this.#sources;
    const facts = this.#facts;
    facts.session = this.#span(this.#session, mlfid);
    facts.hasId = this.#length(fid) >= 0;
    const four = this.#length(ip4);
    const six = this.#length(ip6);
    facts.hasAddress = four >= 0 || six >= 0;
    // Only in sessions it matters who it was, and the name of somebody whose address is known never does.
    facts.user = facts.session && this.#filled(user);
    for (let i = 0; facts.session && i < this.#otherUsers.length && !facts.user; i++) {
      facts.user = this.#filled(this.#otherUsers[i] ?? user);
    }
    const isNamed = facts.hasId || facts.hasAddress;
    facts.dns = facts.session === undefined && isNamed ? undefined : this.#text(line, dns);
    facts.isLocated = four > 0 || six > 0 || this.#length(dns) > 0 || this.#length(cidr) > 0;
    facts.isQuiet = this.#length(nofail) > 0;
    facts.gains = this.#length(mlfgained) > 0;
    facts.forgets = this.#length(mlfforget) > 0;
    return facts;
  }

  /** Length of a group, -1 when it took no part. A group of the failregex wins over the prefregex's. */
  #length({ own, prefix }: Source): number {
    const from = own < 0 ? -1 : (this.#own[own] ?? -1);
    if (from >= 0) {
      return (this.#own[own + 1] ?? from) - from;
    }
    const before = prefix < 0 ? -1 : (this.#prefix[prefix] ?? -1);
    return before < 0 ? -1 : (this.#prefix[prefix + 1] ?? before) - before;
  }

  #filled(source: Source): ByteSpan | undefined {
    return this.#length(source) > 0 ? this.#span(this.#user, source) : undefined;
  }

  /** Sets a span to the bytes of a group. */
  #span(span: ByteSpan, { own, prefix }: Source): ByteSpan | undefined {
    const isOwn = own >= 0 && (this.#own[own] ?? -1) >= 0;
    const spans = isOwn ? this.#own : this.#prefix;
    const at = isOwn ? own : prefix;
    span.from = at < 0 ? -1 : (spans[at] ?? -1);
    span.to = spans[at + 1] ?? -1;
    return span.from < 0 ? undefined : span;
  }

  #text(line: ByteLine, { own, prefix }: Source): string | undefined {
    const from = own < 0 ? -1 : (this.#own[own] ?? -1);
    if (from >= 0) {
      return line.part(from, this.#own[own + 1] ?? from);
    }
    const before = prefix < 0 ? -1 : (this.#prefix[prefix] ?? -1);
    return before < 0 ? undefined : line.part(before, this.#prefix[prefix + 1] ?? before);
  }
}

const OTHER_USER = /^alt_user(?:_\d+)?$/;
const NO_SPANS = new Int32Array(0);

function placeOf(regex: ByteRegex | undefined, group: string): number {
  return regex?.names.find(([name]) => name === group)?.[1] ?? -1;
}
