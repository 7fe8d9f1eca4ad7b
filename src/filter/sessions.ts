import type { Groups, GroupValue, MatchedLine } from "../model";
import { textOf } from "./identity";

/** How many sessions are remembered, and for how many seconds after their first line. */
export const MAX_SESSIONS = 100;
export const SESSION_SECONDS = 300;
/** Lines kept of one session, so that an endless one cannot fill the memory. */
const MAX_LINES = 100;
/** Names kept of one session, for the same reason; two of them are enough to tell that several were tried. */
const MAX_USERS = 100;
/** Of these the line that has one tells all: an older address of another family would win over it. */
const ADDRESS_GROUPS: readonly string[] = ["ip4", "ip6", "dns", "cidr"];

/** What is known of one session: the values of an `<F-MLFID>`. */
interface Session {
  readonly created: number;
  groups: Map<string, GroupValue>;
  /** The groups were given away: they are copied before the next change. */
  isShared: boolean;
  users: Set<string> | undefined;
  /** Lines to report with the next failure. */
  matches: readonly MatchedLine[];
  /** Lines that were no failure themselves (`<F-NOFAIL>`) but belong to the story. */
  quietMatches: readonly MatchedLine[];
  /** The last line of the session was no failure. */
  quiet: boolean;
  /** A failure whose address is still to come. */
  pending: boolean;
}

/** What a line means once its session is taken into account. */
export class SessionOutcome {
  readonly matches: readonly MatchedLine[];
  /** False when the line is no failure, or one that has to wait for an address. */
  readonly isFailure: boolean;
  readonly #session: Session;

  constructor(session: Session, isFailure: boolean) {
    this.#session = session;
    this.matches = session.matches;
    this.isFailure = isFailure;
  }

  /** All that is known of the session; to be asked for before the next line. */
  groups(): Groups {
    this.#session.isShared = true;
    return this.#session.groups;
  }

  /** Call when the failure turned out to have no offender: it is kept until a line brings one. */
  postpone(): void {
    this.#session.pending = true;
  }
}

/**
 * Joins the lines of one session (`<F-MLFID>`): a user name from one line, an address from another.
 * Rules as in fail2ban: a quiet line (`<F-NOFAIL>`) and a success (`<F-MLFGAINED>`) are no failures, unless a failure
 * is waiting for its address or several users were tried; `<F-MLFFORGET>` ends the session.
 *
 * DIFFERS: an address takes the place of one of the other family, which may be that of a client who had the same process
 * id before; in fail2ban the IPv4 address wins.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** Takes one match of a line whose groups name the session `mlfid`; `now` in seconds. */
  join(found: Groups, line: readonly MatchedLine[], now: number): SessionOutcome {
    const key = textOf(found.get("mlfid")) ?? "";
    const gained = isFilled(found, "mlfgained");
    const forget = isFilled(found, "mlfforget");
    const known = this.#find(key, now);
    const session = known ?? newSession(now);
    const isKnown = known !== undefined;
    const fresh = mergeInto(session, found, { isKnown, gained, isKept: isKnown || !forget });
    this.#keep(key, session, { forget, known: known !== undefined });
    return conclude(session, line, { quiet: fresh.quiet, forget });
  }

  #find(key: string, now: number): Session | undefined {
    const session = this.#sessions.get(key);
    if (session && now - session.created > SESSION_SECONDS) {
      this.#sessions.delete(key);
      return undefined;
    }
    return session;
  }

  #keep(key: string, session: Session, how: { forget: boolean; known: boolean }): void {
    if (how.forget) {
      this.#sessions.delete(key);
      return;
    }
    if (!how.known) {
      const oldest = this.#sessions.size >= MAX_SESSIONS ? this.#sessions.keys().next().value : undefined;
      if (oldest !== undefined) {
        this.#sessions.delete(oldest);
      }
      this.#sessions.set(key, session);
    }
  }
}

function newSession(now: number): Session {
  return {
    created: now,
    groups: new Map(),
    isShared: false,
    users: undefined,
    matches: NO_LINES,
    quietMatches: NO_LINES,
    quiet: false,
    pending: false,
  };
}

/** Puts the groups of a line into its session; tells whether the line by itself is no failure. */
function mergeInto(
  session: Session,
  found: Groups,
  how: { readonly isKnown: boolean; readonly gained: boolean; readonly isKept: boolean },
): { quiet: boolean } {
  const { isKnown, gained, isKept } = how;
  unshare(session);
  addUser(session, textOf(found.get("user")));
  if (isKnown) {
    listUsers(session);
    if (gained) {
      session.pending = false;
    }
    if (!session.quiet && !session.pending) {
      session.matches = NO_LINES;
    }
  }
  session.quiet = false;
  if (ADDRESS_GROUPS.some((name) => isFilled(found, name))) {
    ADDRESS_GROUPS.filter((name) => !isFilled(found, name)).forEach((name) => session.groups.delete(name));
  }
  for (const [name, value] of found) {
    if (name !== "nofail" && name !== "mlfgained") {
      session.groups.set(name, value);
    }
  }
  if (isKept) {
    listUsers(session);
  }
  return { quiet: gained || isFilled(found, "nofail") };
}

function addUser(session: Session, user: string | undefined): void {
  if (user && (session.users?.size ?? 0) < MAX_USERS) {
    session.users ??= new Set();
    session.users.add(user);
  }
}

/** What was given away may still be in use. */
function unshare(session: Session): void {
  if (session.isShared) {
    session.isShared = false;
    session.groups = new Map(session.groups);
    session.users = session.users && new Set(session.users);
    if (session.users && session.groups.has("users")) {
      session.groups.set("users", session.users);
    }
  }
}

/** The users are a group like any other; which place it takes among them shows in what is recorded. */
function listUsers(session: Session): void {
  if (session.users && !session.groups.has("users")) {
    session.groups.set("users", session.users);
  }
}

function conclude(
  session: Session,
  line: readonly MatchedLine[],
  how: { readonly quiet: boolean; readonly forget: boolean },
): SessionOutcome {
  const overruled = session.pending || (session.users?.size ?? 0) > 1;
  session.pending = false;
  const quiet = how.quiet && !overruled;
  session.quiet = quiet;
  if (quiet) {
    if (!how.forget) {
      session.quietMatches = joinLines(session.quietMatches, line);
    }
  } else {
    session.matches = joinLines(joinLines(session.quietMatches, session.matches), line);
    session.quietMatches = NO_LINES;
  }
  return new SessionOutcome(session, !quiet);
}

const NO_LINES: readonly MatchedLine[] = [];

/** Most sessions have a single line, which needs no list of its own. */
function joinLines(lines: readonly MatchedLine[], more: readonly MatchedLine[]): readonly MatchedLine[] {
  return lines.length === 0 && more.length <= MAX_LINES ? more : [...lines, ...more].slice(-MAX_LINES);
}

function isFilled(groups: Groups, name: string): boolean {
  const value = groups.get(name);
  return value !== undefined && value !== "";
}
