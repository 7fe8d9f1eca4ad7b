import type { Ban } from "../model";
import type { FirewallKeeper } from "./native-keeper";

/** Bans that were carried out at the start and that nobody has asked for so far. */
export class AheadBans {
  readonly #bans = new Map<string, Ban>();

  has({ offender }: Ban): boolean {
    return this.#bans.has(offender.id);
  }

  /** What was refused is not among them: it is asked for once more, so that whoever asks is told why. */
  note({ elements, refused }: FirewallKeeper, bans: readonly Ban[]): void {
    const refusedIds = new Set([...refused.keys()].flatMap((key) => elements.idsOf(key)));
    for (const ban of bans) {
      if (!refusedIds.has(ban.offender.id)) {
        this.#bans.set(ban.offender.id, ban);
      }
    }
  }

  /** Somebody asks about that offender: whether exactly this ban has been carried out. */
  take(ban: Ban): boolean {
    const known = this.#bans.get(ban.offender.id);
    this.#bans.delete(ban.offender.id);
    return known === ban;
  }

  clear(): void {
    this.#bans.clear();
  }
}
