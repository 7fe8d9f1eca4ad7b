/** Where something stands in a text: JavaScript string indices, `end` is the first index behind it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One match. Groups that took no part are undefined; the empty text is a value. */
export interface Match extends Span {
  /** Text of a group by number; 0 is the whole match. */
  group(index: number): string | undefined;
  /** Text of a group by name; undefined as well when there is no such group. */
  named(name: string): string | undefined;
  /** Adds the named groups that took part to a map. */
  collectInto(groups: Map<string, unknown>): void;
  /** All named groups. Builds a new object: for the hot path use `collectInto`. */
  groups(): Readonly<Record<string, string | undefined>>;
}

/** A match that knows where its groups stood. */
export interface SpanMatch extends Match {
  /** Place of a group by number (0 is the whole match); undefined when it took no part. */
  span(index: number): Span | undefined;
}

/** Something that finds a pattern in a text. */
export interface Engine {
  test(text: string): boolean;
  exec(text: string): Match | undefined;
  execSpans(text: string): SpanMatch | undefined;
}

/** Collects named groups into an object without a prototype. */
export function collectGroups(
  names: ReadonlyMap<string, number>,
  textOf: (index: number) => string | undefined,
): Readonly<Record<string, string | undefined>> {
  const groups = Object.create(null) as Record<string, string | undefined>;
  for (const [name, index] of names) {
    groups[name] = textOf(index);
  }
  return groups;
}
