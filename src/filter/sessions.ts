import { RowGroups, type Groups, type GroupValue, type MatchedLine } from "../model";
import { textOf } from "./identity";
import type { PackedHit } from "./packed-hit";
import { KeptBytes, SessionTable, spanOf, type ByteSpan, type Keyed } from "./session-table";

/** How many sessions are remembered, and for how many seconds after their first line. */
export const MAX_SESSIONS = 100;
export const SESSION_SECONDS = 300;
/** Lines kept of one session, so that an endless one cannot fill the memory. */
const MAX_LINES = 100;
/** Names kept of one session, for the same reason; two of them are enough to tell that several were tried. */
const MAX_USERS = 100;
/** Of these the line that has one tells all: an older address of another family would win over it. */
const ADDRESS_GROUPS: readonly string[] = ["ip4", "ip6", "dns", "cidr"];

const NO_LINES: readonly MatchedLine[] = [];
/** Never changed: it is copied before. */
const NO_GROUPS: Groups = new RowGroups([], []);

/** What is known of one session: the values of an `<F-MLFID>`. */
class Session implements Keyed<Session> {
  readonly key = new KeptBytes();
  hash = 0;
  next: Session | undefined;
  older: Session | undefined;
  newer: Session | undefined;
  created = 0;
  groups: Groups = NO_GROUPS;
  /** The groups were given away: they are copied before the next change. */
  isShared = false;
  users: Set<string> | undefined;
  /** Lines to report with the next failure. */
  matches: readonly MatchedLine[] = NO_LINES;
  /** Lines that were no failure themselves (`<F-NOFAIL>`) but belong to the story. */
  quietMatches: readonly MatchedLine[] = NO_LINES;
  /** The last line of the session was no failure. */
  quiet = false;
  /** A failure whose address is still to come. */
  pending = false;
  /** Its only line so far: what it says is not taken into the session before there is another one. */
  #first: PackedHit | undefined;

  begin(now: number, first?: PackedHit): void {
    this.created = now;
    this.groups = NO_GROUPS;
    this.isShared = false;
    this.users = undefined;
    this.matches = NO_LINES;
    this.quietMatches = NO_LINES;
    this.quiet = first?.kind === "quiet";
    this.pending = false;
    this.#first = first;
  }

  /** Takes in what its first line said. */
  unpack(): void {
    const first = this.#first;
    if (!first) {
      return;
    }
    this.#first = undefined;
    const groups = new Map([...first.groups].filter(([name]) => isLasting(name)));
    addUser(this, textOf(groups.get("user")));
    if (this.users) {
      groups.set("users", this.users);
    }
    this.groups = groups;
    if (this.quiet) {
      this.quietMatches = first.matches;
    } else {
      this.matches = first.matches;
    }
  }
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
  #sessions: SessionTable<Session> | undefined;
  /** One that is not kept. */
  readonly #passing = new Session();

  /** Takes one match of a line whose groups name the session `mlfid`; `now` in seconds. */
  join(found: Groups, line: readonly MatchedLine[], now: number): SessionOutcome {
    const key = spanOf(textOf(found.get("mlfid")) ?? "");
    const gained = isFilled(found, "mlfgained");
    const forget = isFilled(found, "mlfforget");
    const known = this.#find(key, now);
    if (known && forget) {
      this.#table.remove(known);
    }
    known?.unpack();
    const session = known ?? this.#open(key, now, forget);
    const isKnown = known !== undefined;
    const fresh = mergeInto(session, found, { isKnown, gained, isKept: isKnown || !forget });
    return conclude(session, line, { quiet: fresh.quiet, forget });
  }

  /** Whether there was a line of that session before. */
  isKnown(key: ByteSpan, now: number): boolean {
    return this.#find(key, now) !== undefined;
  }

  /** Begins a session that is not known with what its first line says, users and all when it is a failure. */
  begin(key: ByteSpan, now: number, first: PackedHit): void {
    this.#table.add(key)?.begin(now, first);
  }

  get #table(): SessionTable<Session> {
    this.#sessions ??= new SessionTable(Array.from({ length: MAX_SESSIONS }, () => new Session()));
    return this.#sessions;
  }

  #find(key: ByteSpan, now: number): Session | undefined {
    const session = this.#table.find(key);
    if (session && now - session.created > SESSION_SECONDS) {
      this.#table.remove(session);
      return undefined;
    }
    return session;
  }

  #open(key: ByteSpan, now: number, forget: boolean): Session {
    const session = (forget ? undefined : this.#table.add(key)) ?? this.#passing;
    session.begin(now);
    return session;
  }
}

/** Puts the groups of a line into its session; tells whether the line by itself is no failure. */
function mergeInto(
  session: Session,
  found: Groups,
  how: { readonly isKnown: boolean; readonly gained: boolean; readonly isKept: boolean },
): { quiet: boolean } {
  const { isKnown, gained, isKept } = how;
  const quiet = gained || isFilled(found, "nofail");
  if (!isKnown && found instanceof RowGroups) {
    addUser(session, textOf(found.get("user")));
    session.groups = beginRow(found, isKept ? session.users : undefined);
    return { quiet };
  }
  const groups = openGroups(session);
  addUser(session, textOf(found.get("user")));
  if (isKnown) {
    listUsers(session, groups);
    if (gained) {
      session.pending = false;
    }
    if (!session.quiet && !session.pending) {
      session.matches = NO_LINES;
    }
  }
  session.quiet = false;
  if (ADDRESS_GROUPS.some((name) => isFilled(found, name))) {
    ADDRESS_GROUPS.filter((name) => !isFilled(found, name)).forEach((name) => groups.delete(name));
  }
  found.forEach((value, name) => {
    if (isLasting(name)) {
      groups.set(name, value);
    }
  });
  if (isKept) {
    listUsers(session, groups);
  }
  return { quiet };
}

/** What kind of line it was is said of the line, not of its session. */
function isLasting(name: string): boolean {
  return name !== "nofail" && name !== "mlfgained";
}

/** Which values of the groups of a first line its session keeps, and their names without and with the users. */
interface Beginning {
  readonly kept: readonly number[];
  readonly names: readonly string[];
  readonly namesWithUsers: readonly string[];
}

const beginnings = new WeakMap<readonly string[], Beginning>();

/** Most sessions have one line: its groups are as good as those of the session. */
function beginRow({ names, row }: RowGroups, users: ReadonlySet<string> | undefined): RowGroups {
  const beginning = beginnings.get(names) ?? makeBeginning(names);
  const values: GroupValue[] = [];
  for (const i of beginning.kept) {
    values.push(row[i] ?? "");
  }
  if (!users) {
    return new RowGroups(beginning.names, values);
  }
  values.push(users);
  return new RowGroups(beginning.namesWithUsers, values);
}

function makeBeginning(all: readonly string[]): Beginning {
  const kept = all.flatMap((name, i) => (isLasting(name) ? [i] : []));
  const names = all.filter(isLasting);
  const beginning = { kept, names, namesWithUsers: [...names, "users"] };
  beginnings.set(all, beginning);
  return beginning;
}

function addUser(session: Session, user: string | undefined): void {
  if (user && (session.users?.size ?? 0) < MAX_USERS) {
    session.users ??= new Set();
    session.users.add(user);
  }
}

/** The groups of a session, to be changed. What was given away may still be in use. */
function openGroups(session: Session): Map<string, GroupValue> {
  if (!session.isShared && session.groups instanceof Map) {
    return session.groups as Map<string, GroupValue>;
  }
  const groups = new Map(session.groups);
  session.groups = groups;
  session.users = session.users && new Set(session.users);
  session.isShared = false;
  if (session.users && groups.has("users")) {
    groups.set("users", session.users);
  }
  return groups;
}

/** The users are a group like any other; which place it takes among them shows in what is recorded. */
function listUsers(session: Session, groups: Map<string, GroupValue>): void {
  if (session.users && !groups.has("users")) {
    groups.set("users", session.users);
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

/** Most sessions have a single line, which needs no list of its own. */
function joinLines(lines: readonly MatchedLine[], more: readonly MatchedLine[]): readonly MatchedLine[] {
  return lines.length === 0 && more.length <= MAX_LINES ? more : [...lines, ...more].slice(-MAX_LINES);
}

function isFilled(groups: Groups, name: string): boolean {
  const value = groups.get(name);
  return value !== undefined && value !== "";
}
