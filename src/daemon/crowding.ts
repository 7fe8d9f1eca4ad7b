import type { Log } from "../platform";

/** While a jail forgets offenders, it says so at most this often (seconds). */
const QUIET_SECONDS = 60;

/** Warns when a jail has to forget offenders because too many are counted at once. */
export class Crowding {
  readonly #jail: string;
  readonly #log: Log;
  #told = 0;
  #next = 0;

  constructor(jail: string, log: Log) {
    this.#jail = jail;
    this.#log = log;
  }

  /** `evicted`: how many the jail has forgotten since it started; `elapsed`: seconds of a clock nobody sets. */
  look(evicted: number, elapsed: number): void {
    if (evicted <= this.#told || elapsed < this.#next) {
      return;
    }
    const why = "too many are counted at once; those silent longest were forgotten";
    this.#log(
      "WARNING",
      "jail",
      `[${this.#jail}] ${evicted - this.#told} offenders lost their count: ${why}`,
    );
    this.#told = evicted;
    this.#next = elapsed + QUIET_SECONDS;
  }
}
