import { promises as dns } from "node:dns";
import { parseIp, reverseIp } from "../../model";

const NOTHING = new Set(["ENOTFOUND", "ENODATA"]);
const ADDRESS = /^[^\s<>(),;:"@\p{C}]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$/u;
const MOST = 3;

/** Where abuse contacts are looked up: TXT records under the reversed address. */
export interface ContactManner {
  readonly zone: string;
  /** A name server, `address` or `address:port`; the system's when absent. */
  readonly server?: string;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * Mail addresses of those who answer for an address; none when nobody is known. Whoever runs the zone wrote them, so
 * only what is plainly an address counts. Rejects when DNS fails.
 */
export async function findAbuseContacts(address: string, manner: ContactManner): Promise<readonly string[]> {
  const ip = parseIp(address);
  if (!ip) {
    return [];
  }
  const resolver = new dns.Resolver({ timeout: manner.timeout * 1000, tries: 2 });
  if (manner.server !== undefined) {
    resolver.setServers([manner.server]);
  }
  try {
    const records = await resolver.resolveTxt(`${reverseIp(ip)}${manner.zone}`);
    const words = records.flatMap((pieces) => pieces.join("").split(/[\s,;]+/));
    return [...new Set(words.filter((word) => ADDRESS.test(word)))].slice(0, MOST);
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? "")) {
      return [];
    }
    throw error;
  }
}
