import { GeoIp } from "./geoip";
import type { MailSettings } from "./mail-settings";
import { readMailSettings } from "./mail-settings";
import { sendMail } from "./mail-sender";
import { batchIps, type Carrier, type Delivery, type NoticeBatch } from "./notice";
import { composeText } from "./notice-text";
import type { Options } from "./options";
import { askWhois, type WhoisManner } from "./whois";

/** More offenders than this are not looked up: it would take long and make a mail nobody reads. */
const MOST_LOOKED_UP = 3;
const ROWS = 200;
const MATCHES = { lines: 20, width: 500 };

/** Sends notices as mails of plain text. */
export class MailCarrier implements Carrier {
  readonly gathers = true;
  readonly #host: string;
  readonly #settings: MailSettings;
  readonly #withMatches: boolean;
  readonly #whois: WhoisManner | undefined;
  readonly #geoIp: GeoIp | undefined;

  /** Throws `WarderError` for settings that cannot be used. `host` is the name of this machine. */
  constructor(options: Options, host: string) {
    this.#host = host;
    this.#settings = readMailSettings(options);
    this.#withMatches = options.text("lines", "no") !== "no";
    this.#whois = options.isOn("whois", false) ? readWhois(options) : undefined;
    this.#geoIp = options.isOn("geoip", false) ? new GeoIp(readPaths(options.text("geoip_db"))) : undefined;
  }

  async carry(batch: NoticeBatch): Promise<Delivery> {
    const { title, lines } = composeText(batch, {
      host: this.#host,
      rows: ROWS,
      ...(this.#withMatches ? { matches: MATCHES } : {}),
    });
    const more = batch.isReduced ? [] : await this.#lookUp(batch);
    const prefix = this.#settings.subjectPrefix;
    return sendMail(
      {
        to: this.#settings.dest,
        subject: prefix === "" ? title : `${prefix} ${title}`,
        text: `${[...lines, ...more].join("\n")}\n`,
        id: `${batch.id}.warder.${this.#host}`,
      },
      this.#settings,
    );
  }

  async #lookUp(batch: NoticeBatch): Promise<readonly string[]> {
    const ips = batchIps({ ...batch, notices: batch.notices.filter(({ event }) => event === "ban") });
    if ((!this.#whois && !this.#geoIp) || ips.length === 0) {
      return [];
    }
    if (ips.length > MOST_LOOKED_UP) {
      return ["", `(${ips.length} offenders; more than ${MOST_LOOKED_UP} are not looked up)`];
    }
    const parts = await Promise.all(ips.map((ip) => this.#lookUpOne(ip)));
    return parts.flat();
  }

  async #lookUpOne(ip: string): Promise<readonly string[]> {
    const place = this.#geoIp?.describe(ip) ?? [];
    const owner = this.#whois ? await askWhois(ip, this.#whois) : [];
    return [
      ...(place.length > 0 ? ["", "Where it is:", ...place] : []),
      ...(owner.length > 0 ? ["", "What whois tells:", ...owner] : []),
    ];
  }
}

function readWhois(options: Options): WhoisManner {
  return {
    server: options.text("whois_server", "whois.iana.org"),
    follows: options.isOn("whois_follow", true),
    timeout: options.seconds("whois_timeout", 10, [1, 60]),
  };
}

function readPaths(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((path) => path !== "");
}
