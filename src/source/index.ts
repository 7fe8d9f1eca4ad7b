/**
 * Where log lines come from. Takes paths, glob patterns, journal matches and checkpoints; gives blocks of whole,
 * undecoded lines (or journal entries), checkpoints and events to a consumer, one after the other.
 * Never looks into a line, never decides anything, never stores a checkpoint.
 */
export { isSourceAddress, openSource } from "./open-source";
export type { Follower, FollowOptions, FollowStats } from "./follower";
export { COMMAND_PREFIX } from "./command-follower";
export { parseSyslogAddress, type SyslogAddress } from "./syslog-address";
export { FileFollower } from "./file-follower";
export { LogSet, type LogSetListener } from "./log-set";
export {
  SharedJournal,
  type JournalEvent,
  type JournalOptions,
  type JournalSubscription,
} from "./shared-journal";
export type { JournalCheckpoint, JournalConsumer, JournalWish } from "./journal-member";
export { journalArguments, type JournalPlace } from "./journal-command";
export { runJournal } from "./journal-reader";
export { Liveness, type LivenessEvent, type LivenessState } from "./liveness";
export { readBlocks, textBlock } from "./whole-file";
export { parseEncoding, UTF8, type Encoding } from "./encoding";
export type { DeliveryStats } from "./delivery";
export type { SeekTime } from "./seek-time";
export type { Checkpoint, Rotation, SourceConsumer, SourceEvent } from "./source-event";
