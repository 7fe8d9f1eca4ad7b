import { createDateDetector } from "../../date";
import { JailFilter, type CompiledFilter, type CompiledRegex, type Hit } from "../../filter";
import { formatPythonString, type Problem } from "../../model";
import {
  explosiveText,
  findExplosion,
  findInjections,
  listForks,
  makeSample,
  type Injection,
} from "../../regex";
import { jailProblem } from "./jail-fold";
import { doWithin } from "./time-limit";

const VICTIM = "192.0.2.77";
const PEER = "203.0.113.9";
/** Groups that name the offender, the one that counts first. */
const OFFENDERS = ["fid", "ip4"];
const CONTENT = "content";
const ROUNDS = 60;
const SLOW_MS = 200;
const TRICK_MS = 3000;
const SLOW_IN_TRIAL = `is so slow that it could not be tried with hostile lines within ${TRICK_MS / 1000} s`;
/** Ends that spoil a match. */
const ENDS = ["\n", "\u0001\n", "!\n"];
const LONGEST_SHOWN = 300;
/** The time of the made-up lines does not matter: no date is looked at. */
const CLOCK = { now: 0, findtime: 600, phase: "operation", checkTimes: false } as const;

/**
 * Tries filters with lines made to hurt them: lines by which an attacker gets somebody else banned, and lines on which
 * a regex works for ever. Only what really happened is told. Stops looking when its time is over.
 */
export class HostileCheck {
  readonly #deadline: number;
  /** Filters looked at, since many jails share one. */
  readonly #seen = new Map<string, string>();
  readonly #skipped: string[] = [];

  /** `limitMs` is the time for all filters together, in milliseconds. */
  constructor(limitMs: number) {
    this.#deadline = performance.now() + limitMs;
  }

  /** What can be done to the filter of a jail. */
  check(jail: string, filter: CompiledFilter): Problem[] {
    const key = JSON.stringify([filter.prefregex?.pattern, filter.failregex.map(({ pattern }) => pattern)]);
    if (this.#seen.has(key)) {
      return [];
    }
    this.#seen.set(key, jail);
    const problems: Problem[] = [];
    const detector = createDateDetector({ datepattern: "{NONE}" });
    const feed = (line: string) =>
      new JailFilter(filter, detector).feedEntry({ time: 0, date: "", text: line }, { clock: CLOCK });
    for (const regex of [filter.prefregex, ...filter.failregex]) {
      if (performance.now() > this.#deadline) {
        this.#skipped.push(jail);
        break;
      }
      const kind = regex === filter.prefregex ? "prefregex" : "failregex";
      for (const message of regex ? this.#judge(regex, { filter, feed }) : []) {
        problems.push(jailProblem(jail, "warning", `${kind} ${message}`, regex?.source.origin));
      }
    }
    return problems;
  }

  /** Tells whose filters were not looked at. */
  finish(): Problem[] {
    const names = this.#skipped.join(", ");
    const message = `filters not tried with hostile lines, for lack of time: those of ${names}`;
    return this.#skipped.length > 0 ? [{ severity: "warning", message }] : [];
  }

  #judge(regex: CompiledRegex, trial: Trial): string[] {
    const slow = findSlowLine(regex);
    const trick = doWithin(TRICK_MS, () => findTrick(regex, trial));
    // A line made to trick a regex may be one on which it works for ever.
    const unknown = trick === undefined && slow === undefined ? SLOW_IN_TRIAL : undefined;
    return [trick?.value, slow, unknown].flatMap((message) => message ?? []);
  }
}

interface Trial {
  readonly filter: CompiledFilter;
  readonly feed: (line: string) => readonly Hit[];
}

function findTrick(regex: CompiledRegex, { filter, feed }: Trial): string | undefined {
  const offender = OFFENDERS.find((name) => regex.matcher.groupNames.includes(name));
  if (offender === undefined || regex.matcher.groupNames.includes("mlfgained")) {
    return undefined;
  }
  const [first] = filter.failregex;
  const content = first && regex === filter.prefregex ? makeSample(first.matcher.pattern).text : undefined;
  const groups = new Map(content === undefined ? [] : [[CONTENT, content]]);
  const wrap = wrapper(regex, filter);
  for (const injection of findInjections(regex.matcher.pattern, {
    offender,
    victim: VICTIM,
    peer: PEER,
    groups,
  })) {
    const [genuine, forged] = [wrap(injection.genuine), wrap(injection.forged)];
    if (offenderOf(feed(genuine)) === PEER && offenderOf(feed(forged)) === VICTIM) {
      return describeTrick(injection, forged);
    }
  }
  return undefined;
}

/**
 * Puts in front of a line what the prefregex wants to see. Where its parts are optional, the shortest way may swallow
 * the begin of the line, so each way is tried until the line comes out whole.
 */
function wrapper({ matcher }: CompiledRegex, { prefregex }: CompiledFilter): (line: string) => string {
  if (!prefregex?.matcher.groupNames.includes(CONTENT) || prefregex.matcher === matcher) {
    return (line) => line;
  }
  const { pattern } = prefregex.matcher;
  const forks = [undefined, ...listForks(pattern)];
  return (line) => {
    const groups = new Map([[CONTENT, line]]);
    const lines = forks.map((fork) => makeSample(pattern, { groups, ...(fork && { fork }) }).text);
    return lines.find((text) => prefregex.matcher.exec(`${text}\n`)?.named(CONTENT) === line) ?? line;
  };
}

function offenderOf(hits: readonly Hit[]): string | undefined {
  const [hit] = hits;
  if (!hit || hit.kind === "ignored") {
    return undefined;
  }
  const id = OFFENDERS.map((name) => hit.groups.get(name)).find((value) => value !== undefined);
  return typeof id === "string" ? id : undefined;
}

function describeTrick({ field, assumed }: Injection, line: string): string {
  const where = field === undefined ? "text" : `<F-${field.toUpperCase()}>`;
  const condition = assumed ? `, unless the program keeps blanks out of ${where}` : "";
  const claim = `can be tricked: ${where} of an attacker can move the offender${condition}`;
  return `${claim}; this line of ${PEER} accuses ${VICTIM}: ${formatPythonString(shorten(line))}`;
}

function findSlowLine(regex: CompiledRegex): string | undefined {
  const explosion = findExplosion(regex.matcher.pattern);
  if (!explosion) {
    return undefined;
  }
  // Texts that lack what the regex demands are not even tried with it.
  const demanded = (regex.needles ?? []).map(({ text }) => text).join(" ");
  const ends = [...ENDS, ...ENDS.map((end) => `${demanded}${end}`)];
  const texts = ends.map((end) => explosiveText(explosion, ROUNDS, end));
  const slow = texts.find((text) => isSlow(regex, text));
  if (slow === undefined) {
    return undefined;
  }
  const { prefix, pump } = explosion;
  const shown = `${formatPythonString(shorten(prefix))} and ${ROUNDS} times ${formatPythonString(shorten(pump))}`;
  return `can explode: a line of ${slow.length} characters keeps it busy for more than ${SLOW_MS / 1000} s, like ${shown}`;
}

function isSlow({ matcher }: CompiledRegex, text: string): boolean {
  return doWithin(SLOW_MS, () => matcher.test(text)) === undefined;
}

function shorten(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
