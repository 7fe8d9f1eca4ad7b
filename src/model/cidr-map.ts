import { fullPrefix, type Family, type Ip } from "./ip";

/**
 * Addresses and networks with a value each, looked up by prefix length: the cost of a look-up grows with the number of
 * different lengths, not of entries.
 */
export class CidrMap<Value> {
  readonly #networks: Readonly<Record<Family, Map<number, Map<number | string, Value>>>> = {
    inet4: new Map(),
    inet6: new Map(),
  };

  /** The value of exactly this entry. */
  get(ip: Ip): Value | undefined {
    return this.#networks[ip.family].get(ip.prefix)?.get(networkKey(ip, ip.prefix));
  }

  /** Adds an entry, or gives it another value. */
  set(ip: Ip, value: Value): void {
    const lengths = this.#networks[ip.family];
    const networks = lengths.get(ip.prefix) ?? new Map<number | string, Value>();
    lengths.set(ip.prefix, networks.set(networkKey(ip, ip.prefix), value));
  }

  /** Removes exactly this entry; false when it was not there. */
  delete(ip: Ip): boolean {
    const lengths = this.#networks[ip.family];
    const networks = lengths.get(ip.prefix);
    const wasThere = networks?.delete(networkKey(ip, ip.prefix)) ?? false;
    if (networks?.size === 0) {
      lengths.delete(ip.prefix);
    }
    return wasThere;
  }

  /** Removes everything. */
  clear(): void {
    this.#networks.inet4.clear();
    this.#networks.inet6.clear();
  }

  /** The values of all entries that cover the address, or the whole network. */
  covering(ip: Ip): Value[] {
    const values: Value[] = [];
    for (const [prefix, networks] of this.#networks[ip.family]) {
      const value = prefix <= ip.prefix ? networks.get(networkKey(ip, prefix)) : undefined;
      if (value !== undefined) {
        values.push(value);
      }
    }
    return values;
  }
}

/** V8 hashes a bigint by its lowest 64 bits only, so that networks sharing those would fall into one bucket. */
function networkKey(ip: Ip, prefix: number): number | string {
  const network = ip.bits >> BigInt(fullPrefix(ip.family) - prefix);
  return ip.family === "inet4" ? Number(network) : network.toString(16);
}
