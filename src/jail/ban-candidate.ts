import { parseOffender, type BanData, type Failure, type Offender } from "../model";
import type { TicketView } from "./open-tickets";

/** A ban in the making. */
export interface Candidate {
  readonly offender: Offender;
  readonly ip?: string | undefined;
  readonly time: number;
  /** The time a failregex asks for. */
  readonly bantime?: number | undefined;
  readonly data: BanData;
}

/** The failure that was one too many says how long. */
export function candidateOf({ id, ip, last, data }: TicketView, { bantime }: Failure): Candidate {
  return { offender: parseOffender(id), ip, time: last, bantime, data };
}
