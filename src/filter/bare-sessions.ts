import type { Groups } from "../model";
import { identify, textOf, type Identity } from "./identity";
import { KeptBytes, SessionTable, spanOf, type ByteSpan, type Keyed } from "./session-table";
import { MAX_SESSIONS, SESSION_SECONDS } from "./sessions";

/** What the groups of a match say about who it is and how it counts, without the groups themselves. */
export interface Facts {
  /** The value of `<F-MLFID>`; undefined outside of sessions. */
  session: ByteSpan | undefined;
  /** Undefined when it is empty. */
  user: ByteSpan | undefined;
  dns: string | undefined;
  /** `<F-ID>` took part. */
  hasId: boolean;
  /** An address took part. */
  hasAddress: boolean;
  /** An address or a host name is there and not empty. */
  isLocated: boolean;
  isQuiet: boolean;
  gains: boolean;
  forgets: boolean;
}

/** Facts of a match, `undefined` and false where a group took no part. */
export function factsOf(groups: Groups): Facts {
  const isFilled = (name: string): boolean => (groups.get(name) ?? "") !== "";
  return {
    session: groups.has("mlfid") ? spanOf(textOf(groups.get("mlfid")) ?? "") : undefined,
    user: isFilled("user") ? spanOf(textOf(groups.get("user")) ?? "") : undefined,
    dns: textOf(groups.get("dns")),
    hasId: groups.has("fid"),
    hasAddress: groups.has("ip4") || groups.has("ip6"),
    isLocated: isFilled("ip4") || isFilled("ip6") || isFilled("dns") || isFilled("cidr"),
    isQuiet: isFilled("nofail"),
    gains: isFilled("mlfgained"),
    forgets: isFilled("mlfforget"),
  };
}

/** What is known of one session. */
class BareSession implements Keyed<BareSession> {
  readonly key = new KeptBytes();
  hash = 0;
  next: BareSession | undefined;
  older: BareSession | undefined;
  newer: BareSession | undefined;
  created = 0;
  /** The first user that was tried, if there was one, and whether there was another one. */
  readonly user = new KeptBytes();
  hasUser = false;
  hasSeveralUsers = false;
  hasId = false;
  hasAddress = false;
  dns: string | undefined;
  /** A failure whose address is still to come. */
  isPending = false;

  begin(now: number): void {
    this.created = now;
    this.hasUser = this.hasSeveralUsers = this.hasId = this.hasAddress = this.isPending = false;
    this.dns = undefined;
  }
}

/** What a line means: `identity` names nobody, it tells only that, or which host name, somebody is named. */
export interface BareOutcome {
  readonly kind: "failure" | "quiet" | "pending";
  readonly identity: Identity | undefined;
}

/** Stands for whomever an address or an own id names. */
const SOMEBODY: Identity = { id: "?" };
const FAILURE: BareOutcome = { kind: "failure", identity: SOMEBODY };
const PENDING: BareOutcome = { kind: "pending", identity: undefined };
const QUIET: BareOutcome = { kind: "quiet", identity: undefined };
const QUIET_NAMED: BareOutcome = { kind: "quiet", identity: SOMEBODY };

/** Whom facts name. */
export function identifyBare(
  facts: Pick<Facts, "hasId" | "hasAddress" | "dns">,
  hosts: "names" | "ignore" | "raw",
): Identity | undefined {
  if (facts.hasId || facts.hasAddress) {
    return SOMEBODY;
  }
  return facts.dns === undefined ? undefined : identify(new Map([["dns", facts.dns]]), hosts);
}

/** `Sessions` for who asks only which lines are failures: no groups and no lines are kept. */
export class BareSessions {
  readonly #hosts: "names" | "ignore" | "raw";
  #sessions: SessionTable<BareSession> | undefined;
  /** One that is not kept. */
  readonly #passing = new BareSession();

  constructor(hosts: "names" | "ignore" | "raw") {
    this.#hosts = hosts;
  }

  /** Takes one match of a session; `now` in seconds. With `named` it is told whom a quiet line is about. */
  join(facts: Facts, now: number, named: boolean): BareOutcome {
    const session = this.#open(facts.session ?? NO_BYTES, facts, now);
    addUser(session, facts.user);
    locate(session, facts);
    const isOverruled = session.isPending || session.hasSeveralUsers;
    session.isPending = false;
    if ((facts.gains || facts.isQuiet) && !isOverruled) {
      return named ? this.#quiet(session) : QUIET;
    }
    const identity = identifyBare(session, this.#hosts);
    session.isPending = identity === undefined;
    return identity === SOMEBODY ? FAILURE : identity ? { kind: "failure", identity } : PENDING;
  }

  #quiet(session: BareSession): BareOutcome {
    const identity = identifyBare(session, this.#hosts);
    return identity === SOMEBODY ? QUIET_NAMED : identity ? { kind: "quiet", identity } : QUIET;
  }

  /** The session of that key, as it is kept from now on. */
  #open(key: ByteSpan, { gains, forgets }: Facts, now: number): BareSession {
    this.#sessions ??= new SessionTable(Array.from({ length: MAX_SESSIONS }, () => new BareSession()));
    const sessions = this.#sessions;
    const found = sessions.find(key);
    const isKnown = found !== undefined && now - found.created <= SESSION_SECONDS;
    if (found && (!isKnown || forgets)) {
      sessions.remove(found);
    }
    if (isKnown) {
      found.isPending &&= !gains;
      return found;
    }
    const session = (forgets ? undefined : sessions.add(key)) ?? this.#passing;
    session.begin(now);
    return session;
  }
}

const NO_BYTES: ByteSpan = { bytes: new Uint8Array(0), from: 0, to: 0 };

function addUser(session: BareSession, user: ByteSpan | undefined): void {
  if (!user) {
    return;
  }
  if (session.hasUser) {
    session.hasSeveralUsers ||= !session.user.equal(user);
  } else {
    session.user.keep(user);
    session.hasUser = true;
  }
}

/** A line that has an address tells all of it. */
function locate(session: BareSession, { hasId, hasAddress, dns, isLocated }: Facts): void {
  session.hasId ||= hasId;
  session.hasAddress = hasAddress || (session.hasAddress && !isLocated);
  session.dns = isLocated ? dns : (dns ?? session.dns);
}
