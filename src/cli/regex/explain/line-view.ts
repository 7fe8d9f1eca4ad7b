import type { JailFilter } from "../../../filter";
import type { Matcher } from "../../../regex";

/** A named group and where in the line its text stands: from `start` up to `end`, in UTF-16 units. */
export interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What the failregexes of a filter see of a line. */
export interface LineView {
  readonly text: string;
  /** What regexes see that read fields. */
  readonly whole: string;
  /** The place in the line of a place in the text. */
  readonly toLine: (index: number) => number;
  /** What the prefregex took; absent when it did not match, or there is none. */
  readonly prefix?: readonly Place[];
}

/** Cuts the date out of a line and takes what the prefregex leaves, as a jail does. `now` in seconds since 1970. */
export function viewLine(line: string, filter: JailFilter, now: number): LineView {
  const { prefregex, times } = filter.compiled;
  const date = times === "fields" ? undefined : filter.detector.detect(line, now);
  const [start, end] = date ? [date.start, date.end] : [0, 0];
  const text = `${line.slice(0, start)}${line.slice(end)}\n`;
  const outer = (index: number): number => (index < start ? index : index + end - start);
  const match = prefregex?.matcher.execSpans(text);
  if (!prefregex || !match) {
    return { text, whole: line, toLine: outer };
  }
  const prefix = placesOf(prefregex.matcher, text, outer).filter(({ name }) => name !== "content");
  const content = match.span(prefregex.matcher.pattern.groupNames.get("content") ?? -1);
  if (!content || content.start === content.end) {
    return { text, whole: line, toLine: outer, prefix };
  }
  const inner = `${text.slice(content.start, content.end)}\n`;
  return { text: inner, whole: inner, toLine: (index) => outer(index + content.start), prefix };
}

/** Where the named groups of a match stand. Fields of JSON have no place that is known. */
export function placesOf(
  matcher: Matcher,
  text: string,
  toLine: (index: number) => number,
): readonly Place[] {
  const match = matcher.execSpans(text);
  return [...matcher.pattern.groupNames].flatMap(([name, index]) => {
    const span = match?.span(index);
    return span ? [{ name, start: toLine(span.start), end: toLine(span.start) + span.end - span.start }] : [];
  });
}
