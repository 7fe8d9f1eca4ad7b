import type { Groups, GroupValue, MatchedLine } from "../model";
import { textOf } from "./identity";

/** How many sessions are remembered, and for how many seconds after their first line. */
const MAX_SESSIONS = 100;
const SESSION_SECONDS = 300;
/** Lines kept of one session, so that an endless one cannot fill the memory. */
const MAX_LINES = 100;
/** Names kept of one session, for the same reason; two of them are enough to tell that several were tried. */
const MAX_USERS = 100;

/** What is known of one session: the values of an `<F-MLFID>`. */
interface Session {
  readonly created: number;
  readonly groups: Map<string, GroupValue>;
  readonly users: Set<string>;
  /** Lines to report with the next failure. */
  matches: MatchedLine[];
  /** Lines that were no failure themselves (`<F-NOFAIL>`) but belong to the story. */
  quietMatches: MatchedLine[];
  /** The last line of the session was no failure. */
  quiet: boolean;
  /** A failure whose address is still to come. */
  pending: boolean;
}

/** What a line means once its session is taken into account. */
export interface SessionOutcome {
  /** All that is known of the session now; a copy, made only when asked for. */
  readonly groups: () => Groups;
  readonly matches: readonly MatchedLine[];
  /** False when the line is no failure, or one that has to wait for an address. */
  readonly isFailure: boolean;
  /** Call when the failure turned out to have no offender: it is kept until a line brings one. */
  readonly postpone: () => void;
}

/**
 * Joins the lines of one session (`<F-MLFID>`): a user name from one line, an address from another.
 * Rules as in fail2ban: a quiet line (`<F-NOFAIL>`) and a success (`<F-MLFGAINED>`) are no failures, unless a failure
 * is waiting for its address or several users were tried; `<F-MLFFORGET>` ends the session.
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
    users: new Set(),
    matches: [],
    quietMatches: [],
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
  const user = textOf(found.get("user"));
  if (user && session.users.size < MAX_USERS) {
    session.users.add(user);
  }
  if (isKnown) {
    listUsers(session);
    if (gained) {
      session.pending = false;
    }
    if (!session.quiet && !session.pending) {
      session.matches = [];
    }
  }
  session.quiet = false;
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

/** The users are a group like any other; which place it takes among them shows in what is recorded. */
function listUsers(session: Session): void {
  if (session.users.size > 0 && !session.groups.has("users")) {
    session.groups.set("users", session.users);
  }
}

function conclude(
  session: Session,
  line: readonly MatchedLine[],
  how: { readonly quiet: boolean; readonly forget: boolean },
): SessionOutcome {
  const overruled = session.pending || session.users.size > 1;
  session.pending = false;
  const quiet = how.quiet && !overruled;
  session.quiet = quiet;
  if (quiet) {
    if (!how.forget) {
      session.quietMatches = [...session.quietMatches, ...line].slice(-MAX_LINES);
    }
  } else {
    session.matches = [...session.quietMatches, ...session.matches, ...line].slice(-MAX_LINES);
    session.quietMatches = [];
  }
  return {
    groups: () => copyGroups(session),
    matches: session.matches,
    isFailure: !quiet,
    postpone: () => {
      session.pending = true;
    },
  };
}

/** The session goes on while what it gave is still in use. */
function copyGroups({ groups, users }: Session): Groups {
  const copy = new Map(groups);
  return groups.has("users") ? copy.set("users", new Set(users)) : copy;
}

function isFilled(groups: Groups, name: string): boolean {
  const value = groups.get(name);
  return value !== undefined && value !== "";
}
