import {
  textOf,
  unpackGroups,
  unpackLines,
  viewBytes,
  type Failure,
  type Groups,
  type MatchedLine,
  type Packed,
  type Worth,
} from "../model";
import type { Hit } from "./hit-maker";
import type { Identity } from "./identity";

/** A hit, and the failure that it is, whose groups and lines become texts only when somebody asks. */
export class PackedHit implements Hit, Failure {
  readonly kind: "failure" | "quiet";
  readonly failregex: number;
  readonly time: number;
  readonly id: string | undefined;
  readonly worth: Worth | undefined;
  readonly packed: Packed;
  readonly count = 1;

  constructor(
    { kind, failregex, time, worth }: Pick<PackedHit, "kind" | "failregex" | "time" | "worth">,
    id: string | undefined,
    packed: Packed,
  ) {
    this.kind = kind;
    this.failregex = failregex;
    this.time = time;
    this.worth = worth;
    this.id = id;
    this.packed = packed;
  }

  get identity(): Identity | undefined {
    return this.id === undefined ? undefined : { id: this.id };
  }

  get groups(): Groups {
    const { bytes, start, middle } = this.packed;
    return unpackGroups(textOf(viewBytes(bytes), start, middle));
  }

  get matches(): readonly MatchedLine[] {
    const { bytes, middle, end } = this.packed;
    return unpackLines(textOf(viewBytes(bytes), middle, end));
  }

  get weight(): number | undefined {
    return this.worth?.weight;
  }

  get bantime(): number | undefined {
    return this.worth?.bantime;
  }
}
