import type { CompiledFilter, CompiledRegex } from "../filter";
import type { FilterSpec } from "../model";
import type { Desk } from "./desk";

/** A regex of a filter by its place. */
export interface RegexPlace {
  readonly kind: "prefregex" | "failregex" | "ignoreregex";
  readonly index: number;
}

/** Kinds of regexes of a filter. */
export const REGEX_KINDS = ["prefregex", "failregex", "ignoreregex"] as const;

/** A place as a number above 0, as it lies on the desk. */
export function numberOf({ kind, index }: RegexPlace): number {
  return 1 + index * REGEX_KINDS.length + REGEX_KINDS.indexOf(kind);
}

/** The place that number stands for; `undefined` for 0: no regex was at work. */
export function placeOf(number: number): RegexPlace | undefined {
  const kind = REGEX_KINDS[(number - 1) % REGEX_KINDS.length];
  return number > 0 && kind ? { kind, index: Math.floor((number - 1) / REGEX_KINDS.length) } : undefined;
}

/**
 * The same filter, whose regexes say on the desk when they are at work. Those out of service, named by their texts as
 * the user wrote them, match nothing: all others keep their places.
 */
export function guardRegexes(
  filter: CompiledFilter,
  desk: Desk,
  outOfService: readonly string[],
): CompiledFilter {
  const guard = (regex: CompiledRegex, place: RegexPlace): CompiledRegex => ({
    ...regex,
    matcher: outOfService.includes(regex.source.text)
      ? new RestingMatcher(regex.matcher)
      : new GuardedMatcher(regex.matcher, desk, numberOf(place)),
  });
  const { prefregex, failregex, ignoreregex } = filter;
  return {
    ...filter,
    ...(prefregex ? { prefregex: guard(prefregex, { kind: "prefregex", index: 0 }) } : {}),
    failregex: failregex.map((regex, index) => guard(regex, { kind: "failregex", index })),
    ignoreregex: ignoreregex.map((regex, index) => guard(regex, { kind: "ignoreregex", index })),
  };
}

/** The text of a regex as the user wrote it; `undefined` when the filter has none there. */
export function regexAt(filter: FilterSpec, { kind, index }: RegexPlace): string | undefined {
  return kind === "prefregex" ? filter.prefregex?.text : filter[kind][index]?.text;
}

type Matcher = CompiledRegex["matcher"];

class GuardedMatcher implements Matcher {
  readonly pattern: Matcher["pattern"];
  readonly groupNames: readonly string[];
  readonly #matcher: Matcher;
  readonly #desk: Desk;
  readonly #number: number;

  constructor(matcher: Matcher, desk: Desk, number: number) {
    this.pattern = matcher.pattern;
    this.groupNames = matcher.groupNames;
    this.#matcher = matcher;
    this.#desk = desk;
    this.#number = number;
  }

  test(text: string, ascii?: boolean): boolean {
    this.#desk.regex = this.#number;
    return this.#matcher.test(text, ascii);
  }

  exec(text: string, ascii?: boolean): ReturnType<Matcher["exec"]> {
    this.#desk.regex = this.#number;
    return this.#matcher.exec(text, ascii);
  }

  execSpans(text: string): ReturnType<Matcher["execSpans"]> {
    this.#desk.regex = this.#number;
    return this.#matcher.execSpans(text);
  }
}

class RestingMatcher implements Matcher {
  readonly pattern: Matcher["pattern"];
  readonly groupNames: readonly string[];

  constructor({ pattern, groupNames }: Matcher) {
    this.pattern = pattern;
    this.groupNames = groupNames;
  }

  test(): boolean {
    return false;
  }

  exec(): undefined {
    return undefined;
  }

  execSpans(): undefined {
    return undefined;
  }
}
