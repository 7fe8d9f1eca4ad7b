import type { ActionList, ActionReport } from "../action";
import type { Ban, DomainEvent } from "../model";

/** The bans in force, as far as carrying them out needs to know them. */
export interface BansInForce {
  bans(): readonly Ban[];
  banOf(id: string): Ban | undefined;
}

/** Has the actions of a jail carry bans out, and knows which they could not. */
export class Enforcement {
  readonly actions: ActionList;
  readonly #inForce: BansInForce;
  readonly #unapplied = new Map<string, string>();
  #epoch = 0;

  constructor(actions: ActionList, inForce: BansInForce) {
    this.actions = actions;
    this.#inForce = inForce;
  }

  /** Offenders whose ban could not be carried out, with the reason. */
  get unapplied(): ReadonlyMap<string, string> {
    return this.#unapplied;
  }

  /** Settles when the actions have done what follows from these events. */
  async carryOut(events: readonly DomainEvent[]): Promise<void> {
    await Promise.all(events.map((event) => this.#act(event)));
  }

  /** Takes all these bans out of force. */
  async flush(bans: readonly Ban[]): Promise<void> {
    this.#unapplied.clear();
    await this.actions.flush(bans);
  }

  async #act(event: DomainEvent): Promise<void> {
    switch (event.type) {
      case "ban":
        this.#judge(event.ban, await this.actions.ban(event.ban));
        break;
      case "unban":
        this.#unapplied.delete(event.ban.offender.id);
        await this.actions.unban(event.ban);
        break;
      case "prolonged":
        // DIFFERS: told at once and whatever made it longer; fail2ban tells only of grown times, and late. An action
        // that handed the old time to a firewall would let go too early.
        await this.actions.prolong(event.ban);
        break;
      default:
        return;
    }
    await this.#renew();
  }

  /** An action that was repaired has lost the bans it held: they are made again. */
  async #renew(): Promise<void> {
    const since = this.#epoch;
    this.#epoch = this.actions.epoch;
    if (since < this.#epoch) {
      const bans = this.#inForce.bans();
      await Promise.all(bans.map(async (ban) => this.#judge(ban, await this.actions.reban(ban, since))));
    }
  }

  #judge(ban: Ban, report: ActionReport): void {
    const [failure] = report.failures;
    if (failure && this.#inForce.banOf(ban.offender.id)) {
      this.#unapplied.set(ban.offender.id, failure.message);
    } else {
      this.#unapplied.delete(ban.offender.id);
    }
  }
}
