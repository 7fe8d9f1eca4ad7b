import { banEnd, parseOffender, type Ban, type Ip } from "../model";
import { addressOf } from "./ban-tags";
import type { BlockedElement } from "./native-backend";

/** What is known of one address: the offender behind it with the end of the ban, and others in the same way. */
interface Entry {
  readonly ip: Ip;
  readonly id: string;
  readonly end: number;
  readonly others?: ReadonlyMap<string, number>;
}

/** The address or network a ban blocks; `undefined` when its offender has none. */
export function blockedIp(ban: Ban): Ip | undefined {
  return ban.ip === undefined ? ban.offender.ip : parseOffender(addressOf(ban)).ip;
}

/** The state of one address at some moment, to go back to. */
export interface Moment {
  readonly ip: Ip;
  readonly entry: Entry | undefined;
}

/**
 * The addresses that are to be blocked. Several offenders may share one (ids that are no addresses): it is blocked
 * until the last of their bans ends.
 */
export class NativeElements {
  readonly #entries = new Map<string, Entry>();

  /** All of them that do not end before `now`. */
  *current(now: number): Iterable<BlockedElement> {
    for (const entry of this.#entries.values()) {
      const element = elementOf(entry);
      if (element.end > now) {
        yield element;
      }
    }
  }

  get(key: string): BlockedElement | undefined {
    const entry = this.#entries.get(key);
    return entry && elementOf(entry);
  }

  /** The offenders behind an address. */
  idsOf(key: string): readonly string[] {
    const entry = this.#entries.get(key);
    return entry ? [...endsOf(entry).keys()] : [];
  }

  add(ip: Ip, ban: Ban): void {
    const { id } = ban.offender;
    const end = banEnd(ban);
    const entry = this.#entries.get(ip.text);
    if (!entry || (entry.id === id && !entry.others)) {
      this.#entries.set(ip.text, { ip, id, end });
    } else {
      this.#keep(ip, endsOf(entry).set(id, end));
    }
  }

  /** Adds those of the bans that can be blocked, and gives them. */
  addAll(bans: readonly Ban[]): readonly Ban[] {
    return bans.filter((ban) => {
      const ip = blockedIp(ban);
      if (ip) {
        this.add(ip, ban);
      }
      return ip !== undefined;
    });
  }

  remove(key: string, id: string): void {
    const entry = this.#entries.get(key);
    if (entry) {
      const ends = endsOf(entry);
      ends.delete(id);
      this.#keep(entry.ip, ends);
    }
  }

  #keep(ip: Ip, ends: ReadonlyMap<string, number>): void {
    const [first, ...others] = ends;
    if (!first) {
      this.#entries.delete(ip.text);
      return;
    }
    const [id, end] = first;
    this.#entries.set(ip.text, { ip, id, end, ...(others.length > 0 ? { others: new Map(others) } : {}) });
  }

  clear(): void {
    this.#entries.clear();
  }

  moment(ip: Ip): Moment {
    return { ip, entry: this.#entries.get(ip.text) };
  }

  /** Goes back to an earlier state of one address. */
  restore(moment: Moment | undefined): void {
    if (moment?.entry) {
      this.#entries.set(moment.ip.text, moment.entry);
    } else if (moment) {
      this.#entries.delete(moment.ip.text);
    }
  }
}

function endsOf({ id, end, others }: Entry): Map<string, number> {
  return new Map([[id, end], ...(others ?? [])]);
}

function elementOf(entry: Entry): BlockedElement {
  return entry.others ? { ip: entry.ip, end: Math.max(...endsOf(entry).values()) } : entry;
}
