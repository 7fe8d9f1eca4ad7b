import { promises as dns } from "node:dns";
import { hostname, networkInterfaces } from "node:os";
import type { Clock } from "./clock";

/** Names of addresses and addresses of names. */
export interface Resolver {
  /** All addresses of a host name, none when it does not resolve; never rejects, never takes longer than a few seconds. */
  addressesOf(name: string): Promise<readonly string[]>;
  /** The PTR name of an address, or `undefined`. */
  nameOf(address: string): Promise<string | undefined>;
}

/** TXT records, each in its pieces. */
export type TextRecords = readonly (readonly string[])[];

const NO_RECORDS = new Set(["ENOTFOUND", "ENODATA"]);
const CACHE_SECONDS = 300;
const CACHE_ENTRIES = 1000;
const TIMEOUT_MS = 5000;

/** The system's resolver with a bounded cache of five minutes, failures included. */
export function systemResolver(clock: Clock): Resolver {
  const forward = new Cache<readonly string[]>(clock, []);
  const reverse = new Cache<string | undefined>(clock, undefined);
  return {
    addressesOf: (name) => forward.get(name, () => lookupAll(name)),
    nameOf: (address) => reverse.get(address, async () => (await dns.reverse(address))[0]),
  };
}

/** Addresses of this machine's interfaces: what `ignoreself` ignores besides the addresses of its names. */
export function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address));
}

/** The names under which this machine may appear in its own logs. */
export function ownNames(): readonly string[] {
  return ["localhost", hostname()];
}

/** The TXT records of a name, each in its pieces; empty when there is no such name. Rejects when DNS fails. */
export async function lookupTexts(name: string): Promise<TextRecords> {
  const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  try {
    return await resolver.resolveTxt(name);
  } catch (error) {
    if (NO_RECORDS.has((error as NodeJS.ErrnoException).code ?? "")) {
      return [];
    }
    throw error;
  }
}

async function lookupAll(name: string): Promise<readonly string[]> {
  const found = await dns.lookup(name, { all: true });
  return [...new Set(found.map((entry) => entry.address))];
}

class Cache<T> {
  readonly #clock: Clock;
  readonly #fallback: T;
  readonly #entries = new Map<string, { readonly until: number; readonly value: Promise<T> }>();

  constructor(clock: Clock, fallback: T) {
    this.#clock = clock;
    this.#fallback = fallback;
  }

  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known && known.until > this.#clock.now()) {
      return known.value;
    }
    const value = this.#loadInTime(load);
    this.#entries.delete(key);
    this.#entries.set(key, { until: this.#clock.now() + CACHE_SECONDS, value });
    const oldest = this.#entries.size > CACHE_ENTRIES ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) {
      this.#entries.delete(oldest);
    }
    return value;
  }

  #loadInTime(load: () => Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.#fallback), TIMEOUT_MS);
      void load()
        .catch(() => this.#fallback)
        .then((value) => {
          clearTimeout(timer);
          resolve(value);
        });
    });
  }
}
