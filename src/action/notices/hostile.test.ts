/**
 * Every shipped notice times every text that wants to be more: what arrives at a real server has the form, the receivers
 * and the address that it has about a harmless word.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HOSTILE_TEXTS } from "../hostile-texts.testing";
import { MailCarrier } from "./mail-carrier";
import { startMailServer, type MailServer } from "./mail-server.testing";
import type { Carrier, NoticeBatch } from "./notice";
import { makeBatch } from "./notice.testing";
import { Options, type OptionTexts } from "./options";
import { createAbuseIpDb, createBlocklistDe } from "./report-carrier";
import { startWebServer, type WebServer } from "./web-server.testing";
import { WebhookCarrier } from "./webhook-carrier";
import { XarfCarrier } from "./xarf-carrier";

const ACTIONS = join(import.meta.dirname, "../../../config/action.d");
/** Characters nobody sees, but for the one with which mentions and markup are taken apart. */
const UNSEEN = /[^\P{C}\n\u2060]/u;
const HOST = "host.example";
let web: WebServer;
let mail: MailServer;

beforeEach(async () => {
  web = await startWebServer();
  mail = await startMailServer();
});
afterEach(() => Promise.all([web.stop(), mail.stop()]));

/** Options of a shipped file with those of the file that it includes. */
function readOptions(name: string): OptionTexts {
  const text = readFileSync(join(ACTIONS, `${name}.conf`), "utf8");
  const before = /^before = (.*)\.conf$/m.exec(text)?.[1];
  const own = [...text.matchAll(/^([a-z]\w*) = ?(.*)$/gm)].map(([, key = "", value = ""]) => [key, value]);
  return {
    ...(before === undefined ? {} : readOptions(before)),
    ...(Object.fromEntries(own) as OptionTexts),
  };
}

type Make = (options: OptionTexts) => Carrier;
const KINDS: Readonly<Record<string, Make>> = {
  mail: (options) => new MailCarrier(new Options({ ...options, dest: "admin@example.org" }), HOST),
  webhook: (options) => new WebhookCarrier(new Options(options), HOST),
  abuseipdb: (options) => createAbuseIpDb(new Options({ ...options, comment: "<matches>" })),
  "blocklist-de": (options) => createBlocklistDe(new Options({ ...options, sender: "me@host.example" })),
  xarf: (options) =>
    new XarfCarrier(new Options({ ...options, sender: "me@host.example", dest: "abuse@isp.example" }), HOST),
};
const NOTICES = readdirSync(ACTIONS)
  .map((file) => file.replace(/\.conf$/, ""))
  .filter((name) => name.startsWith("warder-") && (readOptions(name)["native"] ?? "") in KINDS);

function createCarrier(name: string): Carrier {
  const options = readOptions(name);
  const url = (options["url"] ?? "").replace(/^https:\/\/[^/]*|^<server>/, web.url);
  return KINDS[options["native"] ?? ""]!({
    ...options,
    url: url === "" ? `${web.url}/hook` : url,
    server: web.url,
    token: "t0ken-t0ken",
    chat: "7",
    room: "!r:example.org",
    topic: "bans",
    categories: "18",
    lines: "matches",
    whois: "no",
    geoip: "no",
    smtp_host: "127.0.0.1",
    smtp_port: String(mail.port),
    timeout: "5",
  });
}

/** One ban with the text in its lines and groups; or two, for a digest, with it as id and name of the jail. */
function batchOf(text: string, isId: boolean): NoticeBatch {
  const tags = { "F-USER": text, "F-ID": text };
  const facts = { matches: [text, `before ${text} after`], tags, fid: text };
  if (!isId) {
    return makeBatch(facts);
  }
  const one = makeBatch({ ...facts, jail: text, ip: text });
  return { ...one, notices: [...one.notices, ...one.notices] };
}

interface Arrived {
  readonly status: string;
  readonly shapes: readonly unknown[];
}

async function deliver(carrier: Carrier, batch: NoticeBatch): Promise<Arrived> {
  const { status } = await carrier.carry(batch);
  const requests = web.requests.splice(0);
  const mails = mail.mails.splice(0);
  for (const { text, headers } of mails) {
    expect(text).not.toMatch(UNSEEN);
    expect(headers["subject"]).not.toMatch(UNSEEN);
    expect(text.length).toBeLessThan(20_000);
  }
  return {
    status,
    shapes: [
      ...requests.map(({ method, path, headers, body }) => [
        method,
        path.replace(/[^/?]+$/, ""),
        Object.keys(headers).sort(),
        formOfBody(body),
      ]),
      ...mails.map(({ from, to, headers }) => [from, to, Object.keys(headers).sort()]),
    ],
  };
}

function formOfBody(body: string): unknown {
  expect(body.length).toBeLessThan(100_000);
  return body.startsWith("{") ? formOf(JSON.parse(body)) : [...new URLSearchParams(body).keys()];
}

/** The same JSON with every text replaced; no text may have unseen characters. */
function formOf(value: unknown): unknown {
  if (typeof value === "string") {
    expect(value).not.toMatch(UNSEEN);
    return "text";
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map(formOf)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, formOf(part)]));
}

describe.each(NOTICES)("%s", (name) => {
  it.each([
    ["in lines and groups", false],
    ["as id and name of the jail", true],
  ])("takes every text for text, %s", async (_, isId) => {
    const expected = await deliver(createCarrier(name), batchOf("harmless", isId));
    expect(expected.status).toBe("delivered");
    for (const [title, text] of HOSTILE_TEXTS) {
      const arrived = await deliver(createCarrier(name), batchOf(text, isId));
      expect([title, arrived]).toEqual([title, expected]);
    }
  });
});

it("are all tried", () => {
  expect(NOTICES.length).toBeGreaterThanOrEqual(15);
});
