import type { Clock, ServiceManager } from "../platform";
import type { Daemon } from "./daemon";

/** How often people reading `systemctl status` see new numbers when nobody watches over us (seconds). */
const STATUS_SECONDS = 60;

/**
 * Tells a service manager how the daemon is: ready, how many jails and bans, and that it lives. It lives when its main
 * thread answers and its reader does; one of them hanging is what a watchdog is for.
 */
export class ServiceLife {
  readonly #manager: ServiceManager;
  readonly #daemon: Daemon;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #told = "";

  constructor(manager: ServiceManager, daemon: Daemon, clock: Clock) {
    this.#manager = manager;
    this.#daemon = daemon;
    this.#clock = clock;
  }

  ready(): void {
    if (this.#manager.isThere) {
      this.#told = this.#describe();
      this.#manager.tell("READY=1", `STATUS=${this.#told}`);
      this.#arm();
    }
  }

  stopping(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#manager.tell("STOPPING=1", "STATUS=Stopping; bans are remembered");
  }

  #arm(): void {
    const { watchdog } = this.#manager;
    this.#cancel = this.#clock.after(watchdog === undefined ? STATUS_SECONDS : watchdog / 2, () => {
      this.#arm();
      void this.#report();
    });
  }

  async #report(): Promise<void> {
    if (this.#manager.watchdog !== undefined) {
      // No answer, no sign of life.
      await this.#daemon.inspectSources();
    }
    const status = this.#describe();
    const isNews = status !== this.#told;
    this.#told = status;
    if (this.#cancel && (isNews || this.#manager.watchdog !== undefined)) {
      this.#manager.tell("WATCHDOG=1", `STATUS=${status}`);
    }
  }

  #describe(): string {
    const { jails } = this.#daemon;
    const banned = jails.reduce((sum, jail) => sum + jail.counters().currentlyBanned, 0);
    return `${jails.length} ${jails.length === 1 ? "jail" : "jails"}, ${banned} banned`;
  }
}
