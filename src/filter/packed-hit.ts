import {
  formatDotted,
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
  readonly worth: Worth | undefined;
  readonly packed: Packed;
  readonly count = 1;
  readonly #who: string | number | undefined;

  /** `who` has failed: an id in normal form, or an IPv4 address as a signed number of 32 bits. */
  constructor(
    { kind, failregex, time, worth }: Pick<PackedHit, "kind" | "failregex" | "time" | "worth">,
    who: string | number | undefined,
    packed: Packed,
  ) {
    this.kind = kind;
    this.failregex = failregex;
    this.time = time;
    this.worth = worth;
    this.#who = who;
    this.packed = packed;
  }

  get id(): string | undefined {
    return typeof this.#who === "number" ? formatDotted(this.#who) : this.#who;
  }

  get address(): number | undefined {
    return typeof this.#who === "number" ? this.#who : undefined;
  }

  get identity(): Identity | undefined {
    const { id } = this;
    return id === undefined ? undefined : { id };
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
