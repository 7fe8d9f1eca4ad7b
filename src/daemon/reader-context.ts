import type { Clock } from "../platform";
import type { Desk } from "./desk";
import type { Outbox } from "./outbox";
import type { ReaderEvent } from "./reader-messages";

/** What the parts of a reader share. */
export interface ReaderContext {
  readonly clock: Clock;
  readonly post: (event: ReaderEvent) => void;
  readonly outbox: Outbox;
  /** Where the reader shows which line it is at. */
  readonly desk: Desk;
  /** Says that lines are being looked at. */
  readonly sayWorking: () => void;
}
