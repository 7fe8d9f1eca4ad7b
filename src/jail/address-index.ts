const NOTHING = -1;
const SMALLEST = 64;

/**
 * Finds small numbers by numbers of 32 bits: the places of offenders by their addresses. All of it lies outside the heap,
 * so that a million of them cost the garbage collector nothing. The seed keeps attackers, who choose addresses, from
 * choosing some that get in each other's way.
 */
export class AddressIndex {
  readonly #seed: number;
  /** Key and number by turns, for a processor fetches both at once; the number is one more, 0 where there is none. */
  #pairs = new Int32Array(2 * SMALLEST);
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** The number of a key, -1 when there is none. */
  get(key: number): number {
    const pairs = this.#pairs;
    const mask = pairs.length - 1;
    for (let i = this.#hash(key) & mask; ; i = (i + 2) & mask) {
      const value = pairs[i + 1] ?? 0;
      if (value === 0) {
        return NOTHING;
      }
      if (pairs[i] === key) {
        return value - 1;
      }
    }
  }

  /** Gives a key that has none a number. */
  add(key: number, value: number): void {
    if (4 * (this.#size + 1) > this.#pairs.length) {
      this.#resize(2 * this.#pairs.length);
    }
    this.#put(key, value + 1);
    this.#size++;
  }

  /** Forgets a key that is there. */
  delete(key: number): void {
    const pairs = this.#pairs;
    const mask = pairs.length - 1;
    let gap = this.#hash(key) & mask;
    while (pairs[gap] !== key || pairs[gap + 1] === 0) {
      gap = (gap + 2) & mask;
    }
    // What was put behind because this place was taken moves up.
    for (let i = (gap + 2) & mask; pairs[i + 1] !== 0; i = (i + 2) & mask) {
      const wanted = this.#hash(pairs[i] ?? 0) & mask;
      if (((i - wanted) & mask) >= ((i - gap) & mask)) {
        pairs[gap] = pairs[i] ?? 0;
        pairs[gap + 1] = pairs[i + 1] ?? 0;
        gap = i;
      }
    }
    pairs[gap + 1] = 0;
    this.#size--;
    if (16 * this.#size < pairs.length && pairs.length > 2 * SMALLEST) {
      this.#resize(pairs.length / 2);
    }
  }

  #resize(length: number): void {
    const pairs = this.#pairs;
    this.#pairs = new Int32Array(length);
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i + 1] !== 0) {
        this.#put(pairs[i] ?? 0, pairs[i + 1] ?? 0);
      }
    }
  }

  #put(key: number, value: number): void {
    const mask = this.#pairs.length - 1;
    let i = this.#hash(key) & mask;
    while (this.#pairs[i + 1] !== 0) {
      i = (i + 2) & mask;
    }
    this.#pairs[i] = key;
    this.#pairs[i + 1] = value;
  }

  /** The finalizer of MurmurHash3: each bit of the key has a say in each bit of the hash. Always even. */
  #hash(key: number): number {
    let hash = key ^ this.#seed;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return (hash ^ (hash >>> 16)) << 1;
  }
}
