import type { ActionList, ActionReport } from "../action";
import type { Ban, DomainEvent } from "../model";
import { cleanUpAfter } from "../platform";
import { OpenBans } from "./open-bans";

/** The bans in force, as far as carrying them out needs to know them. */
export interface BansInForce {
  bans(): readonly Ban[];
  banOf(id: string): Ban | undefined;
}

/** Bans that are given to the actions at once. More would only take memory while they wait for each other. */
const WAVE = 20_000;
/** From so many on it is worth while to hand bans over together. */
const MANY = 50;

/** How many bans are in force, wait for their actions, or could not be carried out. */
export interface EnforcementCounts {
  readonly applied: number;
  readonly pending: number;
  readonly failed: number;
}

/** Has the actions of a jail carry bans out, and knows which they could not. */
export class Enforcement {
  readonly actions: ActionList;
  readonly #inForce: BansInForce;
  readonly #unapplied = new Map<string, string>();
  readonly #open = new OpenBans();
  #announced = 0;
  #epoch = 0;

  constructor(actions: ActionList, inForce: BansInForce) {
    this.actions = actions;
    this.#inForce = inForce;
  }

  /** Offenders whose ban is not in force, with the reason: it could not be carried out, or a firewall has lost it. */
  get unapplied(): ReadonlyMap<string, string> {
    const { lost } = this.actions;
    return lost.size === 0 ? this.#unapplied : new Map([...lost, ...this.#unapplied]);
  }

  /** Of so many bans; only what the actions have confirmed counts as applied. */
  counts(bans: number): EnforcementCounts {
    const pending = this.#open.pending + this.#announced;
    const isFailed = (id: string): boolean => !this.#open.has(id) && this.#inForce.banOf(id) !== undefined;
    const failed = [...this.unapplied.keys()].filter(isFailed).length;
    return { applied: bans - pending - failed, pending, failed };
  }

  /**
   * Bans that are carried out from the next turn of the event loop on, and pending until then. Gives what there is to
   * tell in that turn: a ban may have been prolonged meanwhile, or be over.
   */
  async announce(events: readonly DomainEvent[]): Promise<readonly DomainEvent[]> {
    const bans = events.filter(({ type }) => type === "ban").length;
    this.#announced += bans;
    await new Promise(setImmediate);
    this.#announced -= bans;
    return events.flatMap((event) => {
      const ban = event.type === "ban" ? this.#inForce.banOf(event.ban.offender.id) : undefined;
      return event.type !== "ban" || ban === event.ban ? [event] : ban ? [{ type: "ban", ban }] : [];
    });
  }

  /** Settles when the actions have done what follows from these events. */
  async carryOut(events: readonly DomainEvent[]): Promise<void> {
    if (events.length < MANY || events.some(({ type }) => type !== "ban")) {
      await Promise.all(events.map((event) => this.#act(event)));
      return;
    }
    const ids = events.flatMap((event) => (event.type === "ban" ? [event.ban.offender.id] : []));
    ids.forEach((id) => this.#open.wait(id));
    for (let i = 0; i < ids.length; i += WAVE) {
      await this.#banMany(ids.slice(i, i + WAVE));
    }
    cleanUpAfter(events.length);
  }

  /** Takes all these bans out of force. */
  async flush(bans: readonly Ban[]): Promise<void> {
    this.#unapplied.clear();
    this.#open.endAll();
    await this.actions.flush(bans);
  }

  /** Takes them out of force and stops the actions; with `pause` only for the time of a restart. */
  async stop(bans: readonly Ban[], how: "stop" | "pause"): Promise<void> {
    this.#open.endAll();
    await this.actions[how](bans);
  }

  /** Bans those who have not been unbanned meanwhile, for as long as they are banned by now. */
  async #banMany(ids: readonly string[]): Promise<void> {
    const bans = ids.flatMap((id) => {
      const ban = this.#open.begin(id) ? this.#inForce.banOf(id) : undefined;
      return ban ? [ban] : [];
    });
    const failures = await this.actions.banMany(bans);
    for (const ban of bans) {
      this.#open.leave(ban.offender.id);
      this.#judge(ban, failures.get(ban.offender.id));
    }
    await this.#renew();
  }

  async #act(event: DomainEvent): Promise<void> {
    switch (event.type) {
      case "ban":
        await this.#ban(event.ban, () => this.actions.ban(event.ban));
        break;
      case "unban":
        this.#unapplied.delete(event.ban.offender.id);
        if (this.#open.end(event.ban.offender.id)) {
          await this.actions.forget(event.ban);
          return;
        }
        await this.actions.unban(event.ban);
        break;
      case "prolonged":
        if (this.#open.isWaiting(event.ban.offender.id)) {
          return;
        }
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
      await Promise.all(bans.map((ban) => this.#ban(ban, () => this.actions.reban(ban, since))));
    }
  }

  async #ban(ban: Ban, work: () => Promise<ActionReport>): Promise<void> {
    this.#open.enter(ban.offender.id);
    const { failures } = await work();
    this.#open.leave(ban.offender.id);
    this.#judge(ban, failures[0]?.message);
  }

  #judge({ offender: { id } }: Ban, failure: string | undefined): void {
    if (failure !== undefined && this.#inForce.banOf(id)) {
      this.#unapplied.set(id, failure);
    } else {
      this.#unapplied.delete(id);
    }
  }
}
