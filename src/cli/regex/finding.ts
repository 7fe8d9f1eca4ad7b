import type { Hit } from "../../filter";

/** One thing a line tells: a hit, and whom it is about when that is known. A host name gives one for each address. */
export interface Finding {
  readonly hit: Hit;
  readonly id: string | undefined;
  readonly ip: string | undefined;
}
