import { isAddress, messageOf, reverseIp, type Ban, type Offender } from "../model";
import type { Log, TextRecords } from "../platform";

/** Where the banned addresses come from; lists in the order of the bans. */
export interface Origins {
  readonly asn: readonly string[];
  readonly country: readonly string[];
  readonly rir: readonly string[];
}

interface Origin {
  readonly asn: string;
  readonly country: string;
  readonly rir: string;
}

/** Looks up the TXT records of a name; empty when there is no such name, rejects when DNS fails. */
export type TextLookup = (name: string) => Promise<TextRecords>;

const AT_ONCE = 20;
const NOWHERE: Origin = { asn: "nxdomain", country: "nxdomain", rir: "nxdomain" };

/**
 * Asks Team Cymru's name service for network, country and registry of banned addresses. When DNS fails what is
 * known until then comes back, and the log says why. Source: https://www.team-cymru.com/ip-asn-mapping
 */
export async function findOrigins(bans: readonly Ban[], lookup: TextLookup, log: Log): Promise<Origins> {
  const addresses = bans.map(({ offender }) => offender).filter(isAddress);
  const origins: Origin[] = [];
  try {
    for (let start = 0; start < addresses.length; start += AT_ONCE) {
      const some = addresses.slice(start, start + AT_ONCE);
      origins.push(...(await Promise.all(some.map((offender) => findOrigin(offender, lookup)))));
    }
  } catch (error) {
    log("ERROR", "banmanager", `Asking Team Cymru about banned addresses failed: ${messageOf(error)}`);
  }
  return {
    asn: origins.map(({ asn }) => asn),
    country: origins.map(({ country }) => country),
    rir: origins.map(({ rir }) => rir),
  };
}

async function findOrigin(offender: Offender, lookup: TextLookup): Promise<Origin> {
  if (!isAddress(offender)) {
    return NOWHERE;
  }
  const zone = offender.ip.family === "inet4" ? "origin" : "origin6";
  const records = await lookup(`${reverseIp(offender.ip)}${zone}.asn.cymru.com`);
  // 64496 | 192.0.2.0/24 | US | arin | 1998-09-25
  const rows = records.map((record) =>
    record
      .join("")
      .split("|")
      .map((field) => field.trim()),
  );
  const column = (index: number): string =>
    [...new Set(rows.map((row) => row[index] || "unknown"))].sort().join(", ");
  return rows.length === 0 ? NOWHERE : { asn: column(0), country: column(2), rir: column(3) };
}
