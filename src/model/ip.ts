/** An address family, named as fail2ban's `<family>` tag names it. */
export type Family = "inet4" | "inet6";

/**
 * An address, or a network when `prefix` is shorter than the family's full length.
 * `text` is the normal form (dotted; RFC 5952 for IPv6; `/prefix` only for networks), `bits` its value
 * with the host bits of a network cleared.
 */
export interface Ip {
  readonly family: Family;
  readonly bits: bigint;
  readonly prefix: number;
  readonly text: string;
}

const LONGEST_DOTTED = 15;
const DIGIT_ZERO = 48;
const DOT = -2;
const MAPPED_PREFIX = 0xffffn;

/** Bits of a full address: 32 or 128. */
export function fullPrefix(family: Family): number {
  return family === "inet4" ? 32 : 128;
}

/** Whether the value stands for one address, not for a network. */
export function isSingle(ip: Ip): boolean {
  return ip.prefix === fullPrefix(ip.family);
}

/**
 * Reads an address or a network (`a/24`, `a/255.255.255.0`), brackets allowed; `undefined` for anything else,
 * also for octets above 255 or with leading zeros and for zone ids. IPv4-mapped IPv6 becomes IPv4.
 */
export function parseIp(text: string): Ip | undefined {
  const plain = parseDotted(text);
  if (plain !== undefined) {
    return { family: "inet4", bits: BigInt(plain), prefix: 32, text };
  }
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const slash = bare.indexOf("/");
  const address = slash < 0 ? bare : bare.slice(0, slash);
  const v4 = parseIpv4(address);
  if (v4 !== undefined) {
    return withMask("inet4", v4, slash < 0 ? undefined : bare.slice(slash + 1));
  }
  const v6 = parseIpv6(address);
  if (v6 === undefined) {
    return undefined;
  }
  if (v6 >> 32n === MAPPED_PREFIX && slash < 0) {
    return makeIp("inet4", v6 & 0xffffffffn, 32);
  }
  return withMask("inet6", v6, slash < 0 ? undefined : bare.slice(slash + 1));
}

/** The address or network with that value; host bits below `prefix` are cleared. */
export function makeIp(family: Family, bits: bigint, prefix: number): Ip {
  const full = fullPrefix(family);
  const hostBits = BigInt(full - prefix);
  const network = (bits >> hostBits) << hostBits;
  const base = family === "inet4" ? formatIpv4(network) : formatIpv6(network);
  return { family, bits: network, prefix, text: prefix === full ? base : `${base}/${prefix}` };
}

/** Whether `inner` lies in `outer`; equal ones do. Different families never contain each other. */
export function containsIp(outer: Ip, inner: Ip): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) {
    return false;
  }
  const shift = BigInt(fullPrefix(outer.family) - outer.prefix);
  return outer.bits >> shift === inner.bits >> shift;
}

/** Reversed octets or nibbles with a trailing dot, as reverse DNS zones want them: `1.2.0.192.`. */
export function reverseIp(ip: Ip): string {
  const parts =
    ip.family === "inet4" ? formatIpv4(ip.bits).split(".") : ip.bits.toString(16).padStart(32, "0").split("");
  return `${parts.reverse().join(".")}.`;
}

function withMask(family: Family, bits: bigint, mask: string | undefined): Ip | undefined {
  const prefix = mask === undefined ? fullPrefix(family) : parsePrefix(family, mask);
  return prefix === undefined ? undefined : makeIp(family, bits, prefix);
}

function parsePrefix(family: Family, mask: string): number | undefined {
  const full = fullPrefix(family);
  if (/^\d{1,3}$/.test(mask)) {
    return Math.min(Number(mask), full);
  }
  const bits = family === "inet4" ? parseIpv4(mask) : parseIpv6(mask);
  if (bits === undefined) {
    return undefined;
  }
  const binary = bits.toString(2).padStart(full, "0");
  const ones = /^1*/.exec(binary)?.[0].length ?? 0;
  return binary.indexOf("1", ones) < 0 ? ones : undefined;
}

function parseIpv4(text: string): bigint | undefined {
  const value = parseDotted(text);
  return value === undefined ? undefined : BigInt(value);
}

/**
 * The value of an IPv4 address in normal form: four octets without leading zeros. Read sign by sign: every failure of
 * every log comes through here.
 */
export function parseDotted(text: string): number | undefined {
  if (text.length > LONGEST_DOTTED) {
    return undefined;
  }
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_ZERO;
    if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = Math.max(octet, 0) * 10 + digit;
    } else if (digit === DOT && octet >= 0 && octet <= 255) {
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else {
      return undefined;
    }
  }
  return dots === 3 && octet >= 0 && octet <= 255 ? value * 256 + octet : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) {
    return undefined;
  }
  const plain = expandDottedTail(text);
  const halves = plain?.split("::") ?? [];
  if (plain === undefined || halves.length > 2) {
    return undefined;
  }
  const head = splitWords(halves[0] ?? "");
  const tail = halves.length === 2 ? splitWords(halves[1] ?? "") : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) {
    return undefined;
  }
  return joinWords([...head, ...Array.from({ length: missing }, () => "0"), ...tail]);
}

/** `::ffff:192.0.2.1` → `::ffff:c000:201`; `undefined` when the dotted part is not an address. */
function expandDottedTail(text: string): string | undefined {
  if (!text.includes(".")) {
    return text;
  }
  const colon = text.lastIndexOf(":");
  const v4 = parseIpv4(text.slice(colon + 1));
  if (colon < 0 || v4 === undefined) {
    return undefined;
  }
  return `${text.slice(0, colon + 1)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
}

function splitWords(half: string): string[] {
  return half === "" ? [] : half.split(":");
}

function joinWords(words: readonly string[]): bigint | undefined {
  let value = 0n;
  for (const word of words) {
    if (!/^[0-9a-f]{1,4}$/i.test(word)) {
      return undefined;
    }
    value = (value << 16n) | BigInt(Number.parseInt(word, 16));
  }
  return value;
}

/** The IPv4 address with that value, also when it is given as a signed number of 32 bits. */
export function formatDotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatIpv4(bits: bigint): string {
  return formatDotted(Number(bits));
}

/** RFC 5952: lower case, the longest run of at least two zero words becomes `::`. */
function formatIpv6(bits: bigint): string {
  const hex = bits.toString(16).padStart(32, "0");
  const words = Array.from({ length: 8 }, (_, i) => Number.parseInt(hex.slice(i * 4, i * 4 + 4), 16));
  const run = longestZeroRun(words);
  if (run.length < 2) {
    return joinHex(words);
  }
  return `${joinHex(words.slice(0, run.start))}::${joinHex(words.slice(run.start + run.length))}`;
}

function joinHex(words: readonly number[]): string {
  return words.map((word) => word.toString(16)).join(":");
}

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  words.forEach((word, i) => {
    if (word !== 0) {
      start = i + 1;
    } else if (i + 1 - start > best.length) {
      best = { start, length: i + 1 - start };
    }
  });
  return best;
}
