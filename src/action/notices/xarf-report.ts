import { createHash } from "node:crypto";
import { formatDateTime } from "../../platform";
import type { MailPart } from "./mail-sender";

/** One login attack, to be told to those who answer for its source. All texts are clean. */
export interface AttackReport {
  /** The same for every attempt to send it. */
  readonly seed: string;
  readonly ip: string;
  readonly service: string;
  readonly port: number | undefined;
  readonly protocol: string;
  readonly failures: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly org: string;
  readonly contact: string;
  readonly lines: readonly string[];
}

/** What people read before the part for programs. */
export function describeAttack(report: AttackReport): string {
  const count = `${report.failures} failed attempt${report.failures === 1 ? "" : "s"}`;
  return [
    "Dear abuse team,",
    "",
    `the address ${report.ip} of your network has made ${count} to log in to the service ${report.service}`,
    `of our server ${report.host}, the last one on ${formatDateTime(report.time)} local time.`,
    "Please look into it. The report for programs and the log lines are attached.",
    "",
    `This mail was written by a program; answers to ${report.contact} are read by people.`,
    "",
  ].join("\n");
}

/** The report as XARF 4: one JSON file that holds the log lines as well. */
export function makeXarf4(report: AttackReport): readonly MailPart[] {
  const domain = report.contact.slice(report.contact.lastIndexOf("@") + 1);
  const party = { org: report.org, contact: report.contact, domain };
  const time = new Date(report.time * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const log = Buffer.from(report.lines.join("\n"));
  const evidence = {
    content_type: "text/plain",
    description: "Lines of the log",
    payload: log.toString("base64"),
    hash: `sha256:${createHash("sha256").update(log).digest("hex")}`,
    size: log.length,
  };
  const json = {
    xarf_version: "4.2.0",
    report_id: makeUuid(report.seed),
    timestamp: time,
    reporter: party,
    sender: party,
    source_identifier: report.ip,
    category: "connection",
    type: "login_attack",
    evidence_source: "automated_filter",
    protocol: report.protocol,
    ...(report.port === undefined ? {} : { destination_port: report.port }),
    first_seen: time,
    last_seen: time,
    description: `${report.failures} failed logins to ${report.service}`,
    evidence: log.length > 0 ? [evidence] : [],
  };
  return [
    { contentType: "application/json", filename: "xarf.json", content: `${JSON.stringify(json, null, 2)}\n` },
  ];
}

/** The report as X-ARF 0.2: a part of `Name: value` lines, then the log lines. */
export function makeXarf02(report: AttackReport): readonly MailPart[] {
  const fields: readonly (readonly [string, string | number])[] = [
    ["Reported-From", report.contact],
    ["Category", "abuse"],
    ["Report-ID", `${makeUuid(report.seed)}@${report.host}`],
    ["Report-Type", "login-attack"],
    ["Service", report.service],
    ["Version", "0.2"],
    ["User-Agent", "warder"],
    ["Date", new Date(report.time * 1000).toUTCString().replace("GMT", "+0000")],
    ["Source-Type", report.ip.includes(":") ? "ipv6" : "ipv4"],
    ["Source", report.ip],
    ...(report.port === undefined ? [] : [["Port", report.port] as const]),
    ["Occurrences", report.failures],
    ["Schema-URL", "http://www.x-arf.org/schema/abuse_login-attack_0.1.2.json"],
    ["Attachment", "text/plain"],
  ];
  const yaml = fields.map(([name, value]) => `${name}: ${formatScalar(value)}\n`).join("");
  return [
    { contentType: "text/plain; charset=utf-8", filename: "report.txt", content: `---\n${yaml}` },
    {
      contentType: "text/plain; charset=utf-8",
      filename: "logfile.log",
      content: `${report.lines.join("\n")}\n`,
    },
  ];
}

/** Anything but a plain word is quoted, so that no value can be more than one. */
function formatScalar(value: string | number): string {
  const text = String(value);
  return /^[A-Za-z0-9][\w.@/+-]*$/.test(text) || /^https?:\/\/[\w./-]+$/.test(text)
    ? text
    : JSON.stringify(text);
}

function makeUuid(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
