import type { ClockContext, TimeNotice } from "./clock-rules";

/** How to feed lines: with `checkAll` every failregex is tried, not only up to the first that matches. */
export interface FeedOptions {
  readonly clock: ClockContext;
  readonly checkAll?: boolean;
  /** The lines before this one, nearest first: an undated line may borrow the date of one of them. */
  readonly earlier?: () => Iterable<string>;
  readonly notice?: (notice: TimeNotice, line: string) => void;
  /** The time that came beside the line, in seconds since 1970; a date in the line is cut out all the same. */
  readonly time?: number;
}
