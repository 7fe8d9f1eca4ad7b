/**
 * Takes failures and the time; gives decisions: who is ignored, counted, banned, for how long, and when that ends.
 * Never reads a clock, a file or the network, never carries a ban out: what happened comes back as events.
 * All times are seconds; randomness and the bans of earlier runs come in as functions.
 */
export { parseIgnoreCache, type IgnoreCacheSettings } from "./ignore-cache";
export type { IgnoreList } from "./ignore-list";
export { type IgnoreRules, type IgnoreVerdict } from "./ignore-rules";
export {
  compileIncrement,
  increaseBantime,
  type History,
  type Increment,
  type PastBans,
  type Random,
} from "./increment";
export { JailState, type JailCounters, type JailNeeds } from "./jail-state";
export { resolveSettings, restoreRule, type JailSettings, type RestoreRule } from "./settings";
export { MAX_TEXT, MAX_TRACKED, TrackingBudget, limitsFor, type TrackingLimits } from "./tracking-budget";
