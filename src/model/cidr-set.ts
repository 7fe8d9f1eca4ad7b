import { fullPrefix, type Family, type Ip } from "./ip";

/**
 * Addresses and networks, looked up by prefix length: the cost of a look-up grows with the number of different
 * lengths, not of entries. Keeps insertion order.
 */
export class CidrSet {
  readonly #entries = new Map<string, Ip>();
  readonly #networks: Readonly<Record<Family, Map<number, Set<number | string>>>> = {
    inet4: new Map(),
    inet6: new Map(),
  };

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Adds an entry; false when it was there. */
  add(ip: Ip): boolean {
    const key = keyOf(ip);
    if (this.#entries.has(key)) {
      return false;
    }
    this.#entries.set(key, ip);
    const lengths = this.#networks[ip.family];
    const networks = lengths.get(ip.prefix) ?? new Set();
    lengths.set(ip.prefix, networks.add(networkKey(ip, ip.prefix)));
    return true;
  }

  /** Removes exactly this entry; false when it was not there. */
  remove(ip: Ip): boolean {
    if (!this.#entries.delete(keyOf(ip))) {
      return false;
    }
    const lengths = this.#networks[ip.family];
    const networks = lengths.get(ip.prefix);
    networks?.delete(networkKey(ip, ip.prefix));
    if (networks?.size === 0) {
      lengths.delete(ip.prefix);
    }
    return true;
  }

  /** Whether exactly this entry is there. */
  has(ip: Ip): boolean {
    return this.#entries.has(keyOf(ip));
  }

  /** Whether an entry covers the address, or the whole network. */
  contains(ip: Ip): boolean {
    for (const [prefix, networks] of this.#networks[ip.family]) {
      if (prefix <= ip.prefix && networks.has(networkKey(ip, prefix))) {
        return true;
      }
    }
    return false;
  }

  /** All entries in the order they were added. */
  list(): readonly Ip[] {
    return [...this.#entries.values()];
  }
}

function keyOf(ip: Ip): string {
  return `${ip.family} ${ip.text}`;
}

/** V8 hashes a bigint by its lowest 64 bits only, so that networks sharing those would fall into one bucket. */
function networkKey(ip: Ip, prefix: number): number | string {
  const network = ip.bits >> BigInt(fullPrefix(ip.family) - prefix);
  return ip.family === "inet4" ? Number(network) : network.toString(16);
}
