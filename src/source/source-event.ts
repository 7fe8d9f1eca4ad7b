import type { Block, Phase, WarderError } from "../model";

/** How far a log has been handed over; enough to go on there after a restart. */
export interface Checkpoint {
  /** SHA-1 (hex) of the first line with its newline; empty while that line is not complete. */
  readonly hash: string;
  /** Bytes of whole lines handed over. */
  readonly position: number;
  /** Inode number, when it is known. */
  readonly inode?: number;
}

/** Both sides of a rotation, as they were when it was seen. */
export interface Rotation {
  readonly type: "rotated";
  readonly path: string;
  /** `replaced`: another file has the name; `truncated`: the same file was cut, or cut and grown again. */
  readonly how: "replaced" | "truncated";
  readonly size: number;
  readonly position: number;
  readonly inode: number;
  readonly oldInode: number;
  readonly hash: string;
  readonly oldHash: string;
}

/** What happens to a source besides its lines. */
export type SourceEvent =
  | Rotation
  | { readonly type: "found"; readonly path: string; readonly position: number; readonly hash: string }
  | { readonly type: "lost"; readonly path: string; readonly reason: string }
  | { readonly type: "long-line"; readonly path: string; readonly skippedBytes: number }
  | { readonly type: "undecodable"; readonly path: string; readonly encoding: string; readonly line: string }
  /** Messages that came faster than they were matched and were dropped. */
  | { readonly type: "overrun"; readonly path: string; readonly messages: number }
  /** What a command wrote to its standard error, a line. */
  | { readonly type: "complaint"; readonly path: string; readonly text: string }
  /** Something is not as it should be, but the source is read all the same. */
  | { readonly type: "hindered"; readonly path: string; readonly error: WarderError }
  /** The source cannot be read. */
  | { readonly type: "error"; readonly path: string; readonly error: WarderError };

/**
 * Who takes what a follower reads. Calls come one after the other; while a promise of `block` is open nothing more
 * is read. A block counts as taken once `block` has returned or its promise is settled; `checkpoint` follows.
 */
export interface SourceConsumer {
  block(block: Block, phase: Phase): void | Promise<void>;
  /** Once: all that was there at the start has been handed over. */
  caughtUp?(): void;
  checkpoint?(checkpoint: Checkpoint): void;
  event?(event: SourceEvent): void;
}
