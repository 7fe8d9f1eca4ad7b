import type { ClockContext, TimeNotice } from "./clock-rules";

/** How to feed lines: with `checkAll` every failregex is tried, not only up to the first that matches. */
export interface FeedOptions {
  readonly clock: ClockContext;
  readonly checkAll?: boolean;
  /**
   * Only the kinds of hits and what they count are asked for: hits may come without lines, without the content of the
   * prefregex, and with identities that are not in normal form.
   */
  readonly isBare?: boolean;
  /** The lines before this one, nearest first: an undated line may borrow the date of one of them. */
  readonly earlier?: () => Iterable<string>;
  readonly notice?: (notice: TimeNotice, line: string) => void;
  /** The time that came beside the line, in seconds since 1970; a date in the line is cut out all the same. */
  readonly time?: number;
}
