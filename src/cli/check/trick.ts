import type { CompiledFilter, CompiledRegex, Hit } from "../../filter";
import { findInjections, listForks, makeSample, type Injection } from "../../regex";
import { quoteLine } from "./quote-line";

const VICTIM = "192.0.2.77";
const PEER = "203.0.113.9";
/** Groups that name the offender, the one that counts first. */
const OFFENDERS = ["fid", "ip4"];
const CONTENT = "content";
/** Text of a stranger that nobody takes for the host or the program with which a line begins. */
const FOREIGN = 'a line of 203.0.113.9 with: "x" (y), ';

/** A filter to try lines on; `feed` gives what a fresh copy of it makes of one line. */
export interface Trial {
  readonly filter: CompiledFilter;
  readonly feed: (line: string) => readonly Hit[];
}

/**
 * What to say of a regex by which an attacker can get somebody else banned, with the line that does it; `undefined` when
 * none of the lines tried does. May take for ever.
 */
export function findTrick(regex: CompiledRegex, { filter, feed }: Trial): string | undefined {
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
  return findLooseBegin(regex, { groups, offender, trial: { filter, feed }, wrap });
}

/**
 * A regex that may begin anywhere in a line finds what it looks for in any text of strangers, whatever line of the
 * program that text stands in. A prefregex says how the lines begin, and is the one to be asked.
 */
function findLooseBegin(
  { matcher }: CompiledRegex,
  { groups, offender, trial, wrap }: LooseSearch,
): string | undefined {
  const { text } = makeSample(matcher.pattern, { groups: new Map([...groups, [offender, VICTIM]]) });
  const content = `${FOREIGN}${text}`;
  const line = wrap(content);
  const isLoose = matcher.exec(`${content}\n`)?.start === FOREIGN.length;
  if (!isLoose || text.includes("\n") || offenderOf(trial.feed(line)) !== VICTIM) {
    return undefined;
  }
  const claim = "can be tricked: it may begin anywhere (no ^), also in text of an attacker";
  return `${claim}; this line accuses ${VICTIM}: ${quoteLine(line)}`;
}

interface LooseSearch {
  readonly groups: ReadonlyMap<string, string>;
  readonly offender: string;
  readonly trial: Trial;
  readonly wrap: (line: string) => string;
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
  return `${claim}; this line of ${PEER} accuses ${VICTIM}: ${quoteLine(line)}`;
}
