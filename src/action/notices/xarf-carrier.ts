import { messageOf } from "../../model";
import { findAbuseContacts, type ContactManner } from "./abuse-contact";
import { cleanLine, cleanLines } from "./clean-text";
import { readMailSettings, type MailSettings } from "./mail-settings";
import { sendMail } from "./mail-sender";
import {
  DELIVERED,
  type BanFacts,
  type Carrier,
  type Delivery,
  type Notice,
  type NoticeBatch,
} from "./notice";
import { fail, type Options } from "./options";
import { isReportable } from "./report-carrier";
import { describeAttack, makeXarf02, makeXarf4, type AttackReport } from "./xarf-report";

const MATCHES = { lines: 50, width: 500 };
const PROTOCOLS = ["tcp", "udp", "icmp", "sctp"];

/** Reports bans as X-ARF mails to whoever answers for the address. */
export class XarfCarrier implements Carrier {
  readonly gathers = false;
  readonly #host: string;
  readonly #mail: MailSettings;
  readonly #options: Options;
  readonly #contacts: ContactManner;
  readonly #format: "v4" | "v0.2";
  readonly #isFixed: boolean;

  /** Throws `WarderError` for settings that cannot be used. `host` is the name of this machine. */
  constructor(options: Options, host: string) {
    this.#host = host;
    this.#options = options;
    this.#mail = readMailSettings(options);
    this.#isFixed = options.text("dest") !== "";
    this.#format = options.choice("format", ["v4", "v0.2"], "v4");
    const server = options.text("dns_server");
    this.#contacts = {
      zone: options.text("contact_zone", "abuse-contacts.abusix.zone"),
      timeout: options.seconds("dns_timeout", 5, [1, 60]),
      ...(server === "" ? {} : { server }),
    };
    if (!this.#mail.sender.includes("@")) {
      fail("sender has to be an address with @ and a domain: receivers of reports answer to it");
    }
  }

  async carry(batch: NoticeBatch): Promise<Delivery> {
    const [notice] = batch.notices;
    if (!notice?.facts || !isReportable(notice.facts.ip)) {
      return DELIVERED;
    }
    try {
      const to = this.#isFixed ? this.#mail.dest : await findAbuseContacts(notice.facts.ip, this.#contacts);
      return to.length > 0
        ? await this.#send(to, this.#describe(notice, notice.facts, batch.id), batch.id)
        : {
            status: "delivered",
            note: `Nobody is known who answers for ${notice.facts.ip}; it was not reported`,
          };
    } catch (error) {
      return {
        status: "later",
        reason: `cannot look up who answers for ${notice.facts.ip}: ${messageOf(error)}`,
      };
    }
  }

  #send(to: readonly string[], report: AttackReport, id: string): Promise<Delivery> {
    const isFour = this.#format === "v4";
    return sendMail(
      {
        to,
        subject: `abuse report about ${report.ip} - login-attack on ${report.service}`,
        text: describeAttack(report),
        id: `${id}.warder.${this.#host}`,
        headers: { "X-XARF": isFour ? "JSON" : "PLAIN" },
        attachments: isFour ? makeXarf4(report) : makeXarf02(report),
      },
      this.#mail,
    );
  }

  #describe(notice: Notice, facts: BanFacts, id: string): AttackReport {
    const port = this.#options.text("port").split(/[,:]/)[0] ?? "";
    const protocol = this.#options.text("protocol", "tcp");
    return {
      seed: `${this.#host} ${id}`,
      ip: facts.ip,
      service: cleanLine(this.#options.text("service", notice.jail), 100),
      port: /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536 ? Number(port) : undefined,
      protocol: PROTOCOLS.includes(protocol) ? protocol : "tcp",
      failures: facts.failures,
      time: facts.time,
      host: this.#host,
      org: cleanLine(this.#options.text("org", this.#host), 100),
      contact: this.#mail.sender,
      lines: cleanLines(facts.matches, MATCHES),
    };
  }
}
