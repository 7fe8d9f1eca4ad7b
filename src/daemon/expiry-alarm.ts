import type { Alarms } from "../platform";

/** Rings when the next ban is over. Nothing ticks while nobody is banned. */
export class ExpiryAlarm {
  readonly #alarms: Alarms;
  readonly #nextEnd: () => number;
  readonly #ring: () => void;
  #cancel: (() => void) | undefined;
  #armedFor: number | undefined;
  #isStopped = false;

  /** `nextEnd` gives the end of the ban that ends first, in seconds since 1970, or infinity. */
  constructor(alarms: Alarms, nextEnd: () => number, ring: () => void) {
    this.#alarms = alarms;
    this.#nextEnd = nextEnd;
    this.#ring = ring;
  }

  /** To be called when a ban has come, gone or got another end. */
  arm(): void {
    const end = this.#nextEnd();
    if (this.#isStopped || end === this.#armedFor) {
      return;
    }
    this.#cancel?.();
    this.#armedFor = end;
    this.#cancel = this.#alarms.at(end, () => {
      this.#armedFor = undefined;
      this.#ring();
      this.arm();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
