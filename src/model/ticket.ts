import type { Groups, MatchedLine } from "./failure";

/** How often one offender failed in one jail. Groups are those of the first failure, matched lines the last ones. */
export interface Ticket {
  readonly id: string;
  /** The address when the id is not the address itself. */
  readonly ip: string | undefined;
  readonly groups: Groups;
  /** Seconds since 1970: where counting begins, and the newest failure. */
  readonly first: number;
  readonly last: number;
  /** The count that is compared with maxretry: an estimate for findtime once failures are older. Whole unless weights are not. */
  readonly retry: number;
  /** All failures since the ticket began. */
  readonly failures: number;
  readonly matches: readonly MatchedLine[];
  /** Its groups and its lines once more, as the bytes of what `packGroups` and `packLines` give, these once or more. */
  readonly packed?: PackedTicket | undefined;
}

/** Packed groups, then packed lines in one text or several. */
export type PackedTicket = readonly [groups: Uint8Array, ...lines: readonly Uint8Array[]];

/** What has become of tickets: those that are new or say something else, and the ids of those that are no more. */
export interface TicketChanges {
  readonly changed: readonly Ticket[];
  readonly gone: readonly string[];
}
