import { banEnd, type Ban, type DomainEvent } from "../model";
import type { KnockPolicy } from "../action";
import type { Alarms } from "../platform";

/** What a watch needs to know, and what it asks for. Times in seconds since 1970. */
export interface KnockNeeds {
  readonly alarms: Alarms;
  readonly now: () => number;
  /** What is wanted now. */
  readonly policy: () => KnockPolicy | undefined;
  /** Seconds of a usual ban, negative without end. */
  readonly bantime: () => number;
  readonly banOf: (id: string) => Ban | undefined;
  /** Packets of each of these since they were blocked; one that is not told is not known. Never rejects. */
  readonly packetsOf: (bans: readonly Ban[]) => Promise<ReadonlyMap<Ban, number>>;
  /** These have knocked until the end of their ban. */
  readonly prolong: (bans: readonly Ban[]) => void;
  /** These have been silent for long. */
  readonly free: (bans: readonly Ban[]) => void;
}

/** What is known of one ban. */
interface Look {
  readonly ban: Ban;
  /** When it is looked at next. */
  slot: number;
  packets: number;
  /** When the packets were last found to have grown. */
  heard: number;
  /** Whether the last part of the ban has begun. */
  isOpen: boolean;
  hasKnocked: boolean;
}

/** How many moments a period is divided into; all looks of one moment are one. */
const STEPS = 20;
const SHORTEST_STEP = 0.25;

/**
 * Sees who goes on sending packets while banned. Each ban is looked at twice: when its last part begins and just before
 * its end; with `freeSilent` also once in that time. Nothing ticks in between, and looks of about the same time are one.
 */
export class KnockWatch {
  readonly #needs: KnockNeeds;
  readonly #looks = new Map<string, Look>();
  readonly #slots = new Map<number, Set<Look>>();
  #cancel: (() => void) | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(needs: KnockNeeds) {
    this.#needs = needs;
  }

  /** Bans have come, gone or got another end. */
  take(events: readonly DomainEvent[]): void {
    const policy = this.#needs.policy();
    for (const event of policy ? events : []) {
      if (event.type === "ban" || event.type === "prolonged") {
        this.#begin(event.ban);
      } else if (event.type === "unban") {
        this.#forget(event.ban.offender.id);
      }
    }
    this.#arm();
  }

  /** Begins anew with these bans: something else is wanted, or ends have changed. */
  renew(bans: readonly Ban[]): void {
    this.#looks.clear();
    this.#slots.clear();
    for (const ban of this.#needs.policy() ? bans : []) {
      this.#begin(ban);
    }
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #begin(ban: Ban): void {
    this.#forget(ban.offender.id);
    const look = {
      ban,
      slot: Number.POSITIVE_INFINITY,
      packets: 0,
      heard: this.#needs.now(),
      isOpen: false,
      hasKnocked: false,
    };
    this.#schedule(look);
  }

  #forget(id: string): void {
    const look = this.#looks.get(id);
    if (look) {
      this.#looks.delete(id);
      this.#leave(look);
    }
  }

  #leave(look: Look): void {
    const slot = this.#slots.get(look.slot);
    slot?.delete(look);
    if (slot?.size === 0) {
      this.#slots.delete(look.slot);
    }
  }

  /** Finds the next moment to look at a ban; there is none when its end is near or never comes. */
  #schedule(look: Look): void {
    const policy = this.#needs.policy();
    const next = policy ? this.#nextLook(look, policy) : Number.POSITIVE_INFINITY;
    this.#looks.delete(look.ban.offender.id);
    if (next === Number.POSITIVE_INFINITY) {
      return;
    }
    look.slot = next;
    this.#looks.set(look.ban.offender.id, look);
    this.#slots.set(next, (this.#slots.get(next) ?? new Set()).add(look));
  }

  #nextLook(look: Look, policy: KnockPolicy): number {
    const { opening, closing, step } = this.#times(look.ban, policy);
    const now = this.#needs.now();
    if (closing <= now || closing === Number.POSITIVE_INFINITY) {
      return Number.POSITIVE_INFINITY;
    }
    const wanted = [
      ...(policy.prolong ? [look.isOpen ? closing : opening] : []),
      ...(policy.freeSilent === undefined ? [] : [align(look.heard + policy.freeSilent, step) + step]),
    ];
    const next = Math.max(Math.min(...wanted), align(now, step) + step);
    return next <= closing ? next : Number.POSITIVE_INFINITY;
  }

  /** When the last part of a ban begins and when it is looked at last, both at moments that bans share. */
  #times(ban: Ban, { time, freeSilent }: KnockPolicy): { opening: number; closing: number; step: number } {
    const end = banEnd(ban);
    const usual = this.#needs.bantime();
    const usualPart = usual < 0 ? time : Math.min(time, usual / 2);
    const step = Math.max(SHORTEST_STEP, Math.min(usualPart, freeSilent ?? usualPart) / STEPS);
    const part = Math.min(usualPart, ban.bantime / 2);
    const lead = Math.max(step / 2, Math.min(1, part / 4));
    return { opening: align(end - part, step), closing: align(end - lead, step), step };
  }

  #arm(): void {
    const next = this.#slots.size === 0 ? Number.POSITIVE_INFINITY : Math.min(...this.#slots.keys());
    if (this.#isStopped || next === this.#armedFor) {
      return;
    }
    this.#cancel?.();
    this.#armedFor = next;
    this.#cancel = this.#needs.alarms.at(next, () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const now = this.#needs.now();
    const slots = [...this.#slots.keys()].filter((slot) => slot <= now);
    const looks = slots.flatMap((slot) => [...(this.#slots.get(slot) ?? [])]);
    slots.forEach((slot) => this.#slots.delete(slot));
    const isInForce = ({ ban }: Look): boolean => this.#needs.banOf(ban.offender.id) === ban;
    looks.filter((look) => !isInForce(look)).forEach(({ ban }) => this.#looks.delete(ban.offender.id));
    const due = looks.filter(isInForce);
    this.#arm();
    const counts = due.length > 0 ? await this.#needs.packetsOf(due.map(({ ban }) => ban)) : new Map();
    const policy = this.#needs.policy();
    // Unbanned, or prolonged by somebody else, while the kernel was asked.
    const current = due.filter((look) => this.#looks.get(look.ban.offender.id) === look);
    if (policy && !this.#isStopped) {
      this.#judge(current, counts, policy);
    }
  }

  #judge(looks: readonly Look[], counts: ReadonlyMap<Ban, number>, policy: KnockPolicy): void {
    const now = this.#needs.now();
    const knocking: Ban[] = [];
    const silent: Ban[] = [];
    for (const look of looks) {
      const packets = counts.get(look.ban);
      const { opening, closing } = this.#times(look.ban, policy);
      if (packets !== undefined) {
        note(look, packets, { now, opening });
      }
      if (policy.prolong && look.hasKnocked && now >= closing) {
        knocking.push(look.ban);
      } else if (
        packets !== undefined &&
        now - look.heard >= (policy.freeSilent ?? Number.POSITIVE_INFINITY)
      ) {
        silent.push(look.ban);
      } else {
        this.#schedule(look);
      }
    }
    this.#needs.prolong(knocking);
    this.#needs.free(silent);
    this.#arm();
  }
}

/** Fewer packets than before: the firewall was made anew and has counted from zero since. */
function note(
  look: Look,
  packets: number,
  { now, opening }: { readonly now: number; readonly opening: number },
): void {
  if (packets !== look.packets) {
    look.heard = now;
    look.hasKnocked ||= look.isOpen && packets > 0;
  }
  look.packets = packets;
  look.isOpen ||= now >= opening;
}

function align(time: number, step: number): number {
  return Math.floor(time / step) * step;
}
