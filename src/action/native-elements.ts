import { banEnd, parseOffender, type Ban, type Ip } from "../model";
import { addressOf } from "./ban-tags";
import type { BlockedElement } from "./native-backend";

/** What blocks one address: a ban, or several of different offenders, the first to come first. */
type Entry = Ban | Ban[];

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
      if (element && element.end > now) {
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
    return this.#bansOf(key).map(({ offender }) => offender.id);
  }

  add(ip: Ip, ban: Ban): void {
    if (!this.#entries.has(ip.text)) {
      this.#entries.set(ip.text, ban);
      return;
    }
    const { id } = ban.offender;
    const known = this.#bansOf(ip.text);
    const place = known.findIndex(({ offender }) => offender.id === id);
    this.#keep(ip.text, place < 0 ? [...known, ban] : known.with(place, ban));
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
    this.#keep(
      key,
      this.#bansOf(key).filter(({ offender }) => offender.id !== id),
    );
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

  #bansOf(key: string): Ban[] {
    const entry = this.#entries.get(key);
    return entry === undefined ? [] : bansOf(entry);
  }

  /** Nearly always it is one ban, which is kept as it is: of a hundred thousand a list of one takes many megabytes. */
  #keep(key: string, bans: Ban[]): void {
    const [first] = bans;
    if (first) {
      this.#entries.set(key, bans.length === 1 ? first : bans);
    } else {
      this.#entries.delete(key);
    }
  }
}

function bansOf(entry: Entry): Ban[] {
  return Array.isArray(entry) ? entry : [entry];
}

function elementOf(entry: Entry): BlockedElement | undefined {
  if (Array.isArray(entry)) {
    const elements = entry.flatMap((ban) => elementOf(ban) ?? []);
    return elements.reduce((last, one) => (one.end > last.end ? one : last));
  }
  const ip = blockedIp(entry);
  return ip && { ip, end: banEnd(entry) };
}
