import type { DeliveryStats } from "./delivery";
import type { SeekTime } from "./seek-time";
import type { Checkpoint } from "./source-event";

/** How one source is to be followed. */
export interface FollowOptions {
  /** A path, or an address or command as `openSource` takes it. */
  readonly path: string;
  /** A Python codec name; `auto` (the default) is UTF-8. An unknown one is reported and read as UTF-8. */
  readonly encoding?: string;
  /** `tail` begins after the last whole line and ignores the checkpoint. Default `head`. */
  readonly position?: "head" | "tail";
  /** Where an earlier run stopped. */
  readonly checkpoint?: Checkpoint | undefined;
  /** Leaves out what is too old at the first read. */
  readonly seek?: SeekTime | undefined;
  /** Look every 2 seconds instead of being told by the kernel; done by itself on network file systems. */
  readonly polling?: boolean;
  /** Take lines out of the wrapping of Docker or Kubernetes, when the first one has it. Default no. */
  readonly unwrap?: boolean;
  /** Seconds since 1970; default the system's clock. */
  readonly now?: () => number;
  /** Seconds a rotated file is read on beside its successor, for writers slow to reopen. Default 60. */
  readonly grace?: number;
}

/** What a follower has done so far. */
export interface FollowStats extends DeliveryStats {
  /** Bytes of whole lines read of the file that has the name now; of a stream, all bytes of lines. */
  readonly position: number;
  /** Bytes that are there and have not been read yet. */
  readonly behind: number;
  /** Seconds since all there was had last been read; 0 when nothing waits. */
  readonly delay: number;
}

/** Follows one source. Nothing it meets makes it throw: it reports an event and tries again. */
export interface Follower {
  readonly stats: FollowStats;
  /** Begins to read; returns before anything has been handed over. */
  start(): void;
  /** Ends reading for good: settles when the block on its way has been taken. */
  stop(): Promise<void>;
}
