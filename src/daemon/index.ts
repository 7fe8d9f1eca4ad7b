/**
 * The only place that wires: takes a stream of commands (from a configuration or a client) and makes live jails of it,
 * with their reader, actions, database, log and socket. Decides nothing itself: jail/ does.
 */
export { Daemon, type DaemonNeeds } from "./daemon";
export type { FilterCheckReply, FilterCheckRequest, FilterWeakness } from "./filter-check-wire";
export { filterCheckerFrom, type FilterChecker } from "./filter-checker";
export { type LiveJail } from "./live-jail";
export { Reader } from "./reader";
export { ReaderHost, type ReaderPort } from "./reader-host";
export { startReaderProcess } from "./reader-process";
export { startReaderThread } from "./reader-thread";
export { findReaderUser, type ReaderUser } from "./reader-user";
export type { ReaderEvent, ReaderRequest, SourceState } from "./reader-messages";
export { serve, type ServeOptions, type Serving } from "./serve";
export { foldStream, type FoldEntry, type FoldedStream } from "./stream-fold";
