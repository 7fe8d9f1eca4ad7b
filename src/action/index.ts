/**
 * Takes bans, carries them out with the actions of a jail (fail2ban's shell commands with their tags, or nftables
 * without a shell), and gives back what worked and what failed. Text from logs travels beside the scripts, in environment variables, never in them.
 * It never decides who is banned, never looks anything up itself, and never throws.
 */
export {
  APPLIED,
  failed,
  SKIPPED,
  type Action,
  type ActionFamily,
  type ActionLog,
  type ActionLogLevel,
  type ActionOperation,
  type ActionOutcome,
  type BanTarget,
  type CheckMode,
  type TagSource,
} from "./action";
export type { ActionContext, JailView, MergedBans, MergeScope, TagLookups } from "./action-context";
export { ActionList, createAction, type ActionFactory } from "./action-list";
export type { ActionFailure, ActionReport } from "./action-report";
export { addressOf, createBanTarget, createJailTags } from "./ban-tags";
export { limitRunner } from "./limited-runner";
export { ACTION_METHODS, type GivenTags } from "./manual-call";
export { formatId } from "./messages";
export { createBackends, findWrongSettings, type NativeKind } from "./native-actions";
export type { Backend } from "./native-backend";
export { blockedIp } from "./native-elements";
export type { KnockPolicy } from "./native-knocking";
export { NativeFirewall } from "./native-firewall";
export { createWatch } from "./native-nft";
export type { FirewallWatch, WatchListener } from "./native-watch";
export { ActionThreads } from "./notices/action-threads";
export { threadsFrom, type StartThread } from "./notices/thread-port";
export { composeScript, TIGHT_LIMITS, type Script, type VariableLimits } from "./script";
export { ShellAction } from "./shell-action";
export { UnsupportedAction } from "./unsupported-action";
