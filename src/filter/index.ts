/**
 * Takes the configured texts of a filter and the lines of a log; gives failures. Knows tags, prefregex, ignoreregex,
 * sessions, multi-line matches and the rules for odd dates, and finds the few lines that matter in blocks of bytes.
 * Never reads a clock or a file, never resolves a name, never counts and never throws for what a line says.
 */
export { BlockScanner, type Watcher } from "./block-scanner";
export { type ClockContext, type TimeNotice } from "./clock-rules";
export {
  FilterError,
  compileFilter,
  compileRegex,
  type CompiledFilter,
  type CompiledRegex,
} from "./compile-filter";
export { type Advance, type PrefixListener, type ToldLines } from "./feed-parts";
export { type FeedOptions } from "./feed-options";
export { failureOf, type Hit } from "./hit-maker";
export { JailFilter } from "./jail-filter";
export { expandTags } from "./tags";
