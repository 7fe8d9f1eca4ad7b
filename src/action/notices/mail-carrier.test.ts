import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.testing";
import { MailCarrier } from "./mail-carrier";
import { startMailServer, type MailServer, type MailServerOptions } from "./mail-server.testing";
import { makeBatch } from "./notice.testing";
import type { Delivery } from "./notice";
import { Options, type OptionTexts } from "./options";

let server: MailServer | undefined;
const folder = mkdtempSync(join(tmpdir(), "warder-mail-"));
const certificate = makeCertificate();
writeFileSync(join(folder, "ca"), certificate.cert);

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(options: MailServerOptions = {}): Promise<MailServer> {
  server = await startMailServer(options);
  return server;
}

function makeCarrier(options: OptionTexts = {}): MailCarrier {
  const usual = { smtp_host: "127.0.0.1", smtp_port: String(server?.port ?? 1), timeout: "5" };
  const addresses = { dest: "admin@example.org", sender: "warder@host.example" };
  return new MailCarrier(new Options({ ...usual, ...addresses, ...options }), "host.example");
}

const send = (options: OptionTexts = {}, batch = makeBatch()): Promise<Delivery> =>
  makeCarrier(options).carry(batch);
const reasonOf = (delivery: Delivery): string => ("reason" in delivery ? delivery.reason : "");

describe("mail", () => {
  it("arrives, with an id that stays the same", async () => {
    const { mails } = await start();
    expect(await send()).toEqual({ status: "delivered" });
    await send();
    const [first, again] = mails;
    expect(first?.headers["subject"]).toBe("[Fail2Ban] sshd: banned 192.0.2.1 from host.example");
    expect(first?.headers["from"]).toBe("Fail2Ban <warder@host.example>");
    expect(first?.headers["auto-submitted"]).toBe("auto-generated");
    expect(first?.headers["message-id"]).toBe(again?.headers["message-id"]);
    expect(first?.text).toContain("has banned 192.0.2.1 for 10m, after 5 failures.");
    expect(first?.text).not.toContain("Lines of the log");
  });

  it("has nothing in its head but what we wrote, whatever a stranger wrote", async () => {
    const { mails } = await start();
    const evil = "x\r\nBcc: victim@example.org\r\n\r\n<script>\u001b[2J\u202e\udc80";
    await send(
      { lines: "matches" },
      makeBatch({ ip: evil, jail: evil, matches: [evil, ".", "From here", "x".repeat(100_000)] }),
    );
    const [mail] = mails;
    expect(mail?.to).toEqual(["admin@example.org"]);
    expect(Object.keys(mail?.headers ?? {})).not.toContain("bcc");
    expect(mail?.text).toContain("x\\x0d\\x0aBcc: victim@example.org");
    expect(mail?.text).not.toMatch(/[^\P{C}\n]/u);
    expect(mail?.text.length).toBeLessThan(5000);
  });

  it("goes to several people; who is refused is told and nobody gets it twice", async () => {
    const { mails } = await start({ refusal: { at: "rcpt", code: 550, only: "gone@example.org" } });
    const delivery = await send({ dest: "admin@example.org, gone@example.org" });
    expect(delivery).toMatchObject({
      status: "delivered",
      note: expect.stringContaining("gone@example.org") as string,
    });
    expect(mails[0]?.to).toEqual(["admin@example.org"]);
  });

  it.each([
    ["a busy server", { at: "mail", code: 451 }, { status: "later" }],
    ["a full mailbox", { at: "rcpt", code: 452 }, { status: "later" }],
    ["nobody of that name", { at: "rcpt", code: 550 }, { status: "later", after: 600 }],
    ["a refused sender", { at: "mail", code: 553 }, { status: "later", after: 600 }],
    ["trouble with the text", { at: "data", code: 451 }, { status: "later" }],
    ["a refused text", { at: "data", code: 554 }, { status: "refused" }],
  ] as const)("knows %s", async (_, refusal, expected) => {
    await start({ refusal });
    const { reason, ...rest } = (await send()) as { readonly reason: string };
    expect(rest).toEqual(expected);
    expect(reason).toContain(String(refusal.code));
  });

  it("tells that nobody listens, and does not wait for one that says nothing", async () => {
    const { port } = await start();
    await server?.stop();
    expect(reasonOf(await send({ smtp_port: String(port) }))).toContain("ECONNREFUSED");
    for (const stall of ["greeting", "data"] as const) {
      await start({ stall });
      const before = performance.now();
      expect((await send({ timeout: "1" })).status).toBe("later");
      expect(performance.now() - before).toBeLessThan(3000);
      await server?.stop();
    }
  });

  it("logs in, and its password is in no message", async () => {
    const { logins } = await start({ password: "right", tls: certificate });
    const options = { smtp_security: "starttls", ca_file: join(folder, "ca"), smtp_user: "joe" };
    expect(await send({ ...options, smtp_password: "right" })).toEqual({ status: "delivered" });
    const refused = await send({ ...options, smtp_password: "a wrong one" });
    expect(refused).toMatchObject({ status: "later", after: 600 });
    expect(reasonOf(refused)).not.toContain("a wrong one");
    expect(logins).toEqual(["joe right", "joe a wrong one"]);
  });

  it("reads a password from a file each time", async () => {
    await start({ password: "right" });
    const file = join(folder, "password");
    const carrier = makeCarrier({ smtp_user: "joe", smtp_password_file: file });
    expect(reasonOf(await carrier.carry(makeBatch()))).toContain(`Cannot read smtp_password_file ${file}`);
    writeFileSync(file, "right\n");
    expect((await carrier.carry(makeBatch())).status).toBe("delivered");
  });

  it.each([
    ["starttls", false],
    ["tls", true],
  ])("checks certificates (%s)", async (smtp_security, secure) => {
    const { mails } = await start({ tls: certificate, secure });
    expect(reasonOf(await send({ smtp_security }))).toMatch(/self.signed/);
    expect(mails).toEqual([]);
    expect((await send({ smtp_security, ca_file: join(folder, "ca") })).status).toBe("delivered");
    expect((await send({ smtp_security, tls_verify: "no" })).status).toBe("delivered");
    expect(mails.every(({ isEncrypted }) => isEncrypted)).toBe(true);
  });

  it("goes nowhere when the server has no encryption and it is wanted", async () => {
    const { mails } = await start();
    expect((await send({ smtp_security: "starttls" })).status).toBe("later");
    expect(mails).toEqual([]);
  });

  it.each([
    [{ dest: "admin@example.org\nBcc: x@example.org" }, undefined],
    [{ sender: "a b@example.org" }, "sender is no mail address"],
    [{ smtp_port: "0" }, "smtp_port is a number from 1 to 65535"],
    [{ smtp_security: "ssl" }, "smtp_security is one of none, starttls, tls"],
    [{ smtp_host: "mail.example.org", smtp_security: "none", smtp_user: "joe" }, "for all to read"],
    [{ ca_file: "/nowhere" }, "Cannot read ca_file /nowhere"],
    [{ whois: "maybe" }, "whois is yes or no"],
  ])("refuses settings that cannot be used: %j", (options, message) => {
    expect(() => makeCarrier(options as OptionTexts)).toThrow(message ?? "dest is no mail address");
  });

  it("tells what whois knows, and arrives without it as well", async () => {
    const { mails } = await start();
    const whois = createServer((socket) => socket.once("data", () => socket.end("netname: EXAMPLE\r\n")));
    await new Promise<void>((resolve) => whois.listen(0, "127.0.0.1", resolve));
    const { port } = whois.address() as AddressInfo;
    await send({ whois: "yes", whois_server: `127.0.0.1:${port}` });
    whois.close();
    await send({ whois: "yes", whois_server: "127.0.0.1:1", whois_timeout: "1" });
    expect(mails[0]?.text).toContain("What whois tells:\nnetname: EXAMPLE");
    expect(mails[1]?.text).toContain("(whois: connect ECONNREFUSED");
  });

  it("looks up an offender, but never a crowd", async () => {
    const { mails } = await start();
    await send({ geoip: "yes", geoip_db: "" });
    expect(mails[0]?.text).toContain("no GeoIP data base is configured");
    const crowd = [1, 2, 3, 4].map((part) => makeBatch({ ip: `192.0.2.${part}` }).notices[0]);
    const notices = crowd.flatMap((notice) => notice ?? []);
    await send({ geoip: "yes" }, { ...makeBatch(), notices });
    expect(mails[1]?.text).toContain("(4 offenders; more than 3 are not looked up)");
  });
});
