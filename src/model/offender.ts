import { fullPrefix, isSingle, makeIp, parseIp, type Ip } from "./ip";

/** Who is counted and banned: an address, a network, or any other id a filter names (`<F-ID>`). */
export interface Offender {
  /** The key: the normal form of an address or network, otherwise the text itself. */
  readonly id: string;
  /** Present for addresses and networks. */
  readonly ip?: Ip | undefined;
}

let lastAddress: Ip | undefined;

/** One address. Read again where it is needed: with what is known of it each of many bans would take a third more memory. */
class AddressOffender implements Offender {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  get ip(): Ip | undefined {
    if (lastAddress?.text !== this.id) {
      lastAddress = parseIp(this.id);
    }
    return lastAddress;
  }
}

/**
 * The offender that a text names. A prefix of 0 is dropped as fail2ban drops it (`192.0.2.1/0` names `0.0.0.0`),
 * so that nothing read from a log can ever name the whole internet.
 */
export function parseOffender(text: string): Offender {
  const ip = parseIp(text);
  if (!ip) {
    return { id: text };
  }
  const named = ip.prefix === 0 ? makeIp(ip.family, ip.bits, fullPrefix(ip.family)) : ip;
  if (!isSingle(named)) {
    return { id: named.text, ip: named };
  }
  lastAddress = named;
  return new AddressOffender(named.text);
}

/** inet4 or inet6, or `undefined` for ids that are not addresses. */
export function familyOf(offender: Offender): Ip["family"] | undefined {
  return offender.ip?.family;
}

/** Whether the offender is one single address. */
export function isAddress(offender: Offender): offender is Offender & { readonly ip: Ip } {
  return offender.ip !== undefined && isSingle(offender.ip);
}
