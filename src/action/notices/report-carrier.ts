import { BlockList, isIP } from "node:net";
import { cleanLine, cleanLines } from "./clean-text";
import { deliverHttp, type HttpManner } from "./http-request";
import {
  DELIVERED,
  type BanFacts,
  type Carrier,
  type Delivery,
  type Notice,
  type NoticeBatch,
} from "./notice";
import { fail, parseSecretUrl, type Options } from "./options";
import { readHttpManner } from "./webhook-carrier";

/** A form to be sent for one ban. */
export interface Report {
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string;
}

/** Makes the report of a ban; throws `WarderError` when a secret cannot be read. */
type ReportMaker = (facts: BanFacts, notice: Notice) => Report;

const TAG = /<([A-Za-z][\w.-]*)>/g;
const MATCHES = { lines: 20, width: 300 };
/** Seconds in which an address is not reported again: AbuseIPDB refuses that, and others do not like it. */
const REPEAT = 900;
const MOST_REMEMBERED = 10_000;
/** AbuseIPDB takes no longer ones. */
const LONGEST_COMMENT = 1024;

/** Addresses that belong to nobody who could be told, in their own nets. */
const OWN = new BlockList();
for (const [net, prefix, family] of [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 127, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
] as const) {
  OWN.addSubnet(net, prefix, family);
}

/** Whether it is one address that a stranger can have: no network, no name, nothing private. */
export function isReportable(ip: string): boolean {
  const version = isIP(ip);
  return version !== 0 && !OWN.check(ip, version === 6 ? "ipv6" : "ipv4");
}

/** Reports bans one by one to a service of the web that takes forms. */
class ReportCarrier implements Carrier {
  readonly gathers = false;
  readonly #url: URL;
  readonly #manner: HttpManner;
  readonly #make: ReportMaker;
  /** When addresses were reported, the oldest first. */
  readonly #reported = new Map<string, number>();

  constructor(url: URL, manner: HttpManner, make: ReportMaker) {
    this.#url = url;
    this.#manner = manner;
    this.#make = make;
  }

  async carry({ notices: [notice] }: NoticeBatch): Promise<Delivery> {
    if (!notice?.facts || !isReportable(notice.facts.ip) || this.#isRepeated(notice.facts.ip, notice.at)) {
      return DELIVERED;
    }
    const { fields, headers, secret } = this.#make(notice.facts, notice);
    const delivery = await deliverHttp(
      {
        method: "POST",
        url: this.#url,
        headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields).toString(),
        secrets: [secret],
      },
      this.#manner,
    );
    if (delivery.status === "delivered") {
      this.#remember(notice.facts.ip, notice.at);
    }
    return "reason" in delivery
      ? { ...delivery, reason: `${notice.facts.ip}: ${delivery.reason}` }
      : delivery;
  }

  #isRepeated(ip: string, at: number): boolean {
    const last = this.#reported.get(ip);
    return last !== undefined && Math.abs(at - last) < REPEAT;
  }

  #remember(ip: string, at: number): void {
    this.#reported.delete(ip);
    this.#reported.set(ip, at);
    const oldest = this.#reported.size > MOST_REMEMBERED ? this.#reported.keys().next().value : undefined;
    if (oldest !== undefined) {
      this.#reported.delete(oldest);
    }
  }
}

/** Reports to AbuseIPDB. Throws `WarderError` for settings that cannot be used. */
export function createAbuseIpDb(options: Options): ReportCarrier {
  const key = needSecret(options, "token", "the API key of AbuseIPDB");
  const categories = options.text("categories", "18");
  if (!/^\d{1,3}(,\d{1,3})*$/.test(categories)) {
    fail("categories are numbers of AbuseIPDB with commas, such as 18,22");
  }
  const comment = options.text("comment", "<jail>: <failures> failures");
  const url = parseSecretUrl("url", options.text("url", "https://api.abuseipdb.com/api/v2/report"));
  return new ReportCarrier(url, readHttpManner(options), (facts, notice) => {
    const secret = key();
    const fields = {
      ip: facts.ip,
      categories,
      comment: fillText(comment, facts, notice).slice(0, LONGEST_COMMENT),
      timestamp: new Date(Math.min(facts.time, notice.at) * 1000).toISOString().replace(/\.\d+Z$/, "+00:00"),
    };
    return { fields, headers: { Key: secret, Accept: "application/json" }, secret };
  });
}

/** Reports to blocklist.de. Throws `WarderError` for settings that cannot be used. */
export function createBlocklistDe(options: Options): ReportCarrier {
  const key = needSecret(options, "token", "the API key of the server at blocklist.de");
  const server = options.needed("sender", "the mail address the server has at blocklist.de");
  const url = parseSecretUrl("url", options.text("url", "https://www.blocklist.de/en/httpreports.html"));
  return new ReportCarrier(url, readHttpManner(options), (facts, notice) => {
    const secret = key();
    const fields = {
      server,
      apikey: secret,
      service: options.text("service", notice.jail),
      ip: facts.ip,
      logs: cleanLines(facts.matches, MATCHES).join("\n"),
      format: "text",
    };
    return { fields, headers: {}, secret };
  });
}

function needSecret(options: Options, name: string, what: string): () => string {
  return options.hasSecret(name) ? options.secret(name) : fail(`${name} or ${name}_file is missing: ${what}`);
}

/** Tags in a text for strangers to read. */
function fillText(template: string, facts: BanFacts, { jail }: Notice): string {
  const values: Readonly<Record<string, string>> = {
    ...facts.tags,
    ip: facts.ip,
    jail,
    name: jail,
    "jail.name": jail,
    failures: String(facts.failures),
    bancount: String(facts.bancount),
  };
  return template
    .replace(TAG, (whole, name: string) =>
      name === "matches"
        ? cleanLines(facts.matches, MATCHES).join("\n")
        : cleanLine(values[name] ?? whole, LONGEST_COMMENT),
    )
    .trim();
}
