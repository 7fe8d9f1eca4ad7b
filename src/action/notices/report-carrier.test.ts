import { createSocket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startMailServer } from "./mail-server.testing";
import { makeBatch } from "./notice.testing";
import { Options, type OptionTexts } from "./options";
import { createAbuseIpDb, createBlocklistDe, isReportable } from "./report-carrier";
import { startWebServer, type WebServer } from "./web-server.testing";
import { XarfCarrier } from "./xarf-carrier";

let web: WebServer;
beforeEach(async () => {
  web = await startWebServer();
});
afterEach(() => web.stop());

const formOf = (at = 0) => Object.fromEntries(new URLSearchParams(web.requests[at]?.body ?? ""));
const abuseIpDb = (options: OptionTexts = {}) =>
  createAbuseIpDb(new Options({ url: `${web.url}/api/v2/report`, token: "k3y-k3y", ...options }));

describe("reports to AbuseIPDB", () => {
  it("have what the service asks for, and no log lines", async () => {
    expect(await abuseIpDb({ categories: "18,22" }).carry(makeBatch())).toEqual({ status: "delivered" });
    expect(web.requests[0]).toMatchObject({ method: "POST", path: "/api/v2/report" });
    expect(web.requests[0]?.headers["key"]).toBe("k3y-k3y");
    expect(formOf()).toEqual({
      ip: "192.0.2.1",
      categories: "18,22",
      comment: "sshd: 5 failures",
      timestamp: "2026-11-21T00:40:13+00:00",
    });
  });

  it("have them when asked for, clean and not too long", async () => {
    const matches = [
      "a\u001b[2J&ip=198.51.100.1",
      "x".repeat(9999),
      "y".repeat(9999),
      "z".repeat(9999),
      "w".repeat(9999),
    ];
    await abuseIpDb({ comment: "<matches>" }).carry(makeBatch({ matches }));
    expect(formOf()["ip"]).toBe("192.0.2.1");
    expect(formOf()["comment"]).toContain("a\\x1b[2J&ip=198.51.100.1");
    expect(formOf()["comment"]?.length).toBeLessThanOrEqual(1024);
  });

  it("tell of an address once in a quarter of an hour", async () => {
    const carrier = abuseIpDb();
    await carrier.carry(makeBatch());
    await carrier.carry(makeBatch({ jail: "recidive" }));
    expect(web.requests).toHaveLength(1);
  });

  it("wait when the quota is used up, and keep the key to themselves", async () => {
    web.answer = () => ({
      status: 429,
      headers: { "Retry-After": "3600" },
      body: "key k3y-k3y is over its limit",
    });
    const delivery = await abuseIpDb().carry(makeBatch());
    expect(delivery).toMatchObject({ status: "later", after: 3600 });
    expect(JSON.stringify(delivery)).not.toContain("k3y");
    web.answer = () => ({ status: 422 });
    expect((await abuseIpDb().carry(makeBatch())).status).toBe("refused");
  });

  it.each([
    "10.0.0.1",
    "127.0.0.1",
    "192.168.3.4",
    "172.31.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "fe80::1",
    "fd00::1",
    "::1",
    "root",
    "192.0.2.0/24",
  ])("never tell of %s", async (ip) => {
    expect(isReportable(ip)).toBe(false);
    expect(await abuseIpDb().carry(makeBatch({ ip }))).toEqual({ status: "delivered" });
    expect(web.requests).toEqual([]);
  });

  it("need a key and a way that is safe", () => {
    expect(() => abuseIpDb({ token: "" })).toThrow("token or token_file is missing");
    expect(() => abuseIpDb({ url: "http://api.example.org/" })).toThrow("url has to begin with https://");
    expect(() => abuseIpDb({ categories: "18&x" })).toThrow("categories");
  });
});

describe("reports to blocklist.de", () => {
  it("have what the service asks for", async () => {
    const options = new Options({ url: `${web.url}/r`, token: "k", sender: "me@host.example" });
    await createBlocklistDe(options).carry(makeBatch({ ip: "2001:db8::1" }));
    expect(formOf()).toEqual({
      server: "me@host.example",
      apikey: "k",
      service: "sshd",
      ip: "2001:db8::1",
      logs: "first line\nsecond line",
      format: "text",
    });
  });
});

describe("X-ARF mails", () => {
  const xarf = (port: number, options: OptionTexts) =>
    new XarfCarrier(
      new Options({
        smtp_host: "127.0.0.1",
        smtp_port: String(port),
        sender: "abuse@host.example",
        port: "22",
        ...options,
      }),
      "srv.host.example",
    );

  it("carry a report of version 4 for programs", async () => {
    const server = await startMailServer();
    const batch = makeBatch({ matches: ["evil\r\n--boundary", "two"] });
    expect(await xarf(server.port, { dest: "abuse@isp.example" }).carry(batch)).toEqual({
      status: "delivered",
    });
    await xarf(server.port, { dest: "abuse@isp.example" }).carry(batch);
    const [mail, again] = server.mails;
    await server.stop();
    expect(mail?.to).toEqual(["abuse@isp.example"]);
    expect(mail?.headers).toMatchObject({
      "x-xarf": "JSON",
      subject: "abuse report about 192.0.2.1 - login-attack on sshd",
    });
    expect(mail?.text).toContain("the address 192.0.2.1 of your network has made 5 failed attempts");
    const report = readJsonPart(mail?.raw ?? "");
    expect(report).toMatchObject({
      xarf_version: "4.2.0",
      category: "connection",
      type: "login_attack",
      source_identifier: "192.0.2.1",
      protocol: "tcp",
      destination_port: 22,
      first_seen: "2026-11-21T00:40:13Z",
      reporter: { org: "srv.host.example", contact: "abuse@host.example", domain: "host.example" },
    });
    expect(report["report_id"]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(readJsonPart(again?.raw ?? "")["report_id"]).toBe(report["report_id"]);
    const [evidence] = report["evidence"] as readonly { readonly payload: string }[];
    expect(Buffer.from(evidence?.payload ?? "", "base64").toString()).toBe("evil\\x0d\\x0a--boundary\ntwo");
  });

  it("carry one of version 0.2 whose values cannot break out", async () => {
    const server = await startMailServer();
    await xarf(server.port, {
      dest: "a@isp.example",
      format: "v0.2",
      service: "ssh: {x}\nSource: 198.51.100.1",
    }).carry(makeBatch());
    const { raw = "", headers } = server.mails[0] ?? {};
    await server.stop();
    expect(headers?.["x-xarf"]).toBe("PLAIN");
    expect(raw).toContain("filename=report.txt");
    expect(raw).toContain("filename=logfile.log");
    expect(raw).toMatch(/\r\nSource: 192\.0\.2\.1\r\n/);
    expect(raw).not.toMatch(/\r\nSource: 198/);
    expect(raw).toMatch(/\r\nReport-Type: login-attack\r\n/);
  });

  it("go to whom the name service names, and to nobody it invents", async () => {
    const server = await startMailServer();
    const dns = await startTxtServer('abuse@isp.example,"evil"@x, a@b@c x\r\ny@isp.example');
    const options = { contact_zone: "contacts.example", dns_server: `127.0.0.1:${dns.port}` };
    expect(await xarf(server.port, options).carry(makeBatch())).toEqual({ status: "delivered" });
    expect(dns.asked).toEqual(["1.2.0.192.contacts.example"]);
    expect(server.mails[0]?.to).toEqual(["abuse@isp.example", "y@isp.example"]);
    dns.stop();
    await server.stop();
  });

  it("go nowhere when nobody is known, and wait when the name service is away", async () => {
    const dns = await startTxtServer(undefined);
    const options = {
      contact_zone: "contacts.example",
      dns_server: `127.0.0.1:${dns.port}`,
      dns_timeout: "1",
    };
    expect(await xarf(1, options).carry(makeBatch())).toMatchObject({
      status: "delivered",
      note: expect.stringContaining("Nobody is known") as string,
    });
    dns.stop();
    expect((await xarf(1, options).carry(makeBatch())).status).toBe("later");
  });

  it("need a sender that can be answered", () => {
    expect(() => xarf(1, { sender: "root" })).toThrow("sender has to be an address");
  });
});

function readJsonPart(raw: string): Readonly<Record<string, unknown>> {
  const [, head = "", body = ""] =
    /(Content-Type: application\/json[\s\S]*?)\r\n\r\n([\s\S]*?)\r\n--/.exec(raw) ?? [];
  const text = /base64/.test(head)
    ? Buffer.from(body, "base64").toString()
    : body
        .replace(/=\r\n/g, "")
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

/** A name server that answers every question with one TXT record, or that there is no such name. */
async function startTxtServer(text: string | undefined) {
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let size = message[at] ?? 0; size > 0; size = message[at] ?? 0) {
      labels.push(message.subarray(at + 1, at + 1 + size).toString());
      at += size + 1;
    }
    asked.push(labels.join("."));
    const question = message.subarray(12, at + 5);
    const flags = text === undefined ? 0x8183 : 0x8180;
    const header = Buffer.alloc(12);
    [message.readUInt16BE(0), flags, 1, text === undefined ? 0 : 1].forEach((word, index) =>
      header.writeUInt16BE(word, index * 2),
    );
    const data = Buffer.from(text ?? "", "latin1");
    const record = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 1, 0, data.length + 1, data.length]);
    socket.send(
      Buffer.concat([header, question, ...(text === undefined ? [] : [record, data])]),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { asked, port: socket.address().port, stop: () => socket.close() };
}
