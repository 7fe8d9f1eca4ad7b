import { banEnd, parseOffender, type Ban, type Ip } from "../model";
import { addressOf } from "./ban-tags";
import type { NftElement } from "./native-script";

/** What is known of one address: the end of the ban of each offender behind it, by the offender's id. */
interface Entry {
  readonly ip: Ip;
  readonly ends: ReadonlyMap<string, number>;
}

/** The address or network a ban blocks; `undefined` when its offender has none. */
export function blockedIp(ban: Ban): Ip | undefined {
  return parseOffender(addressOf(ban)).ip;
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
export class NftElements {
  readonly #entries = new Map<string, Entry>();

  /** All of them that do not end before `now`. */
  *current(now: number): Iterable<NftElement> {
    for (const entry of this.#entries.values()) {
      const element = elementOf(entry);
      if (element.end > now) {
        yield element;
      }
    }
  }

  get(key: string): NftElement | undefined {
    const entry = this.#entries.get(key);
    return entry && elementOf(entry);
  }

  add(ip: Ip, ban: Ban): void {
    const ends = new Map(this.#entries.get(ip.text)?.ends).set(ban.offender.id, banEnd(ban));
    this.#entries.set(ip.text, { ip, ends });
  }

  remove(key: string, id: string): void {
    const entry = this.#entries.get(key);
    const ends = new Map(entry?.ends);
    ends.delete(id);
    if (!entry || ends.size === 0) {
      this.#entries.delete(key);
    } else {
      this.#entries.set(key, { ...entry, ends });
    }
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

function elementOf({ ip, ends }: Entry): NftElement {
  return { ip, end: Math.max(...ends.values()) };
}
