/** Notices of real daemons to real servers on loopback: mail by SMTP, webhooks, modules. No privileges needed. */
import { createServer, type Server } from "node:http";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startMailServer, type MailServer } from "../../src/action/notices/mail-server.testing";
import { startWebServer } from "../../src/action/notices/web-server.testing";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
let programs: Programs;
let daemon: LocalDaemon;
let mail: MailServer;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  mail = await startMailServer();
  daemon = new LocalDaemon(programs);
  for (const name of ["mail", "mail-lines", "webhook", "slack"]) {
    const file = `warder-${name}.conf`;
    cpSync(join(root, "config", "action.d", file), daemon.path(`conf/action.d/${file}`));
  }
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
});
afterEach(async () => {
  await daemon.remove();
  await mail.stop();
});

function mailServerIs(port: number, more = ""): void {
  daemon.write(
    "conf/action.d/warder-mail.local",
    `[Init]\nsmtp_host = 127.0.0.1\nsmtp_port = ${port}\nsender = warder@host.example\ndest = admin@example.org\ngather = 1s\n${more}`,
  );
}

const subjects = (): readonly string[] => mail.mails.map(({ headers }) => headers["subject"] ?? "");

describe("mail of a daemon", () => {
  it("tells of a ban once, with its lines, and of nothing that is restored", async () => {
    mailServerIs(mail.port);
    daemon.configure({ web: { action: "note\n         warder-mail-lines" } });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the mail is there", () => mail.mails.length === 1);
    expect(subjects()[0]).toMatch(/^\[Fail2Ban\] web: banned 192\.0\.2\.1 from /);
    expect(mail.mails[0]).toMatchObject({ from: "warder@host.example", to: ["admin@example.org"] });
    expect(mail.mails[0]?.text).toContain("failure from 192.0.2.1");
    await daemon.end("SIGTERM");
    await daemon.start();
    await until("the ban is restored", () => daemon.banned("web").includes("192.0.2.1"));
    await sleep(2500);
    expect(mail.mails).toHaveLength(1);
  });

  it("makes one digest of a flood, however many jails it hits", async () => {
    mailServerIs(mail.port, "burst = 2\nper = 8s\n");
    daemon.configure({ web: { action: "note\n warder-mail" }, mail: { action: "note\n warder-mail" } });
    await daemon.start();
    for (let round = 0; round < 20; round++) {
      const hosts = [1, 2].map((part) => `198.51.${100 + part}.${round}`);
      daemon.fail(round % 2 === 0 ? "web.log" : "mail.log", ...hosts, ...hosts);
      await sleep(250);
    }
    await until(
      "the digest is there",
      () =>
        mail.mails
          .map(({ text }) => text)
          .join("")
          .includes("198.51.102.19"),
      20_000,
    );
    const all = mail.mails.map(({ text }) => text).join("");
    for (let round = 0; round < 20; round++) {
      expect(all).toContain(`198.51.101.${round},`);
    }
    expect(mail.mails.length).toBeLessThanOrEqual(4);
    expect(subjects().at(-1)).toMatch(/ offenders banned on .* \((?:web, mail|mail, web)\)$/);
  });

  it("loses no mail when it is killed before the mail server is there", async () => {
    const { port } = mail;
    await mail.stop();
    mailServerIs(port);
    daemon.configure({ web: { action: "note\n warder-mail" } });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.7", "192.0.2.7");
    await until("the ban is made", () => daemon.notes.includes("ban web 192.0.2.7"));
    await until("it is in the queue", () => daemon.read("db.sqlite3-notices").includes("192.0.2.7"));
    await daemon.end("SIGKILL");
    mail = await startMailServer({ port });
    await daemon.start();
    await until("the mail is there", () => mail.mails.length === 1);
    expect(subjects()[0]).toContain("banned 192.0.2.7");
    await until("nothing waits", () => daemon.read("db.sqlite3-notices") === "");
  });

  it("loses nothing that has come into the queue, however often it is killed", async () => {
    mailServerIs(mail.port, "burst = 1000\n");
    daemon.configure({ web: { action: "warder-mail\n note" } });
    const queued = new Set<string>();
    for (let round = 0; round < 4; round++) {
      await daemon.start();
      // Banned again after every kill they still fit into one mail, which lists 200.
      const hosts = Array.from({ length: 20 }, (_, host) => `198.51.${100 + round}.${host}`);
      daemon.fail("web.log", ...hosts, ...hosts);
      await until("some wait", () => daemon.read("db.sqlite3-notices").includes(`"198.51.${100 + round}.`));
      await sleep(400 * round);
      for (const [, host = ""] of daemon.read("db.sqlite3-notices").matchAll(/"ip":"([\d.]+)"/g)) {
        queued.add(host);
      }
      await daemon.end("SIGKILL");
    }
    expect(queued.size).toBeGreaterThan(20);
    await daemon.start();
    const told = () => mail.mails.map(({ text }) => text).join("");
    const missing = () => [...queued].filter((host) => !new RegExp(`banned ${host}[, ]`).test(told()));
    await until("all are told", () => missing().length === 0, 20_000);
  });

  it("never holds up a ban, whatever the mail server does", async () => {
    await mail.stop();
    mail = await startMailServer({ port: mail.port, stall: "greeting" });
    mailServerIs(mail.port);
    daemon.configure({ web: { action: "warder-mail\n note" } });
    await daemon.start();
    for (let host = 1; host <= 50; host++) {
      daemon.fail("web.log", `192.0.2.${host}`, `192.0.2.${host}`);
    }
    await until(
      "all are banned",
      () => daemon.notes.filter((line) => line.startsWith("ban")).length === 50,
      5000,
    );
    expect(daemon.call("status", "web").status).toBe(0);
    const before = performance.now();
    await daemon.end("SIGTERM");
    expect(performance.now() - before).toBeLessThan(8000);
    expect(daemon.log).toContain("notices are not delivered; they are sent after the next start");
  });

  it("tells no password to anybody but the mail server", async () => {
    await mail.stop();
    mail = await startMailServer({ port: mail.port, password: "the right one" });
    writeFileSync(daemon.path("secret"), "hunter2-in-a-file\n");
    mailServerIs(mail.port, `smtp_user = joe\nsmtp_password_file = ${daemon.path("secret")}\n`);
    daemon.configure({ web: { action: "note\n warder-mail" } });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.9", "192.0.2.9");
    await until("the refusal is told", () => daemon.log.includes("not delivered"));
    expect(daemon.log).toContain("535");
    const { stdout } = daemon.call("-d");
    expect(stdout).toContain("warder-mail");
    const everything = [daemon.log, stdout, daemon.terminal, daemon.read("db.sqlite3-notices")].join("\n");
    expect(everything).not.toContain("hunter2");
    expect(everything).not.toContain(Buffer.from("hunter2-in-a-file").toString("base64"));
  });

  it("runs a configuration that names fail2ban's smtp.py", async () => {
    daemon.configure({
      web: {
        action: `note\n smtp.py[host="127.0.0.1:${mail.port}", dest="admin@example.org", sender="f2b@host.example", matches=matches]`,
      },
    });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.3", "192.0.2.3");
    await until(
      "start and ban are told",
      () =>
        mail.mails
          .map(({ text }) => text)
          .join("")
          .includes("192.0.2.3"),
      20_000,
    );
    await daemon.end("SIGTERM");
    expect(subjects().some((subject) => subject.startsWith("[Fail2Ban] web: stopped on "))).toBe(true);
    expect(daemon.log).not.toMatch(/not supported|ERROR/);
  });
});

describe("webhooks of a daemon", () => {
  let web: Server;
  const bodies: string[] = [];
  beforeEach(async () => {
    bodies.length = 0;
    web = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        bodies.push(body);
        response.end("ok");
      });
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => web.close());

  it("sends what a stranger wrote as text, and its token nowhere else", async () => {
    daemon.write(
      "conf/filter.d/simple.conf",
      "[Definition]\nfailregex = ^ failure of <F-USER>.*</F-USER> from <HOST>$\n",
    );
    const { port } = web.address() as AddressInfo;
    daemon.configure({
      web: {
        action: `note\n warder-slack[url=http://127.0.0.1:${port}/hook/<token>, token=T0/B0/xyzzy, lines=matches, gather=0]`,
      },
    });
    await daemon.start();
    const evil = String.raw`<!channel>","admin":true,"x":"\u0041`;
    const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    const line = `${now.replace("T", " ")} failure of ${evil} from 192.0.2.1\n`;
    writeFileSync(daemon.path("web.log"), line + line, { flag: "a" });
    await until("the message is there", () => bodies.length === 1);
    const body = JSON.parse(bodies[0] ?? "") as { readonly text: string };
    expect(Object.keys(body)).toEqual(["text", "unfurl_links", "unfurl_media"]);
    expect(body.text).toContain("&lt;!channel&gt;");
    expect(body.text).not.toContain("<!channel>");
    web.close();
    web.closeAllConnections();
    daemon.call("set", "web", "banip", "192.0.2.2");
    await until("the refusal is told", () => daemon.log.includes("not delivered"));
    expect(daemon.log).not.toContain("xyzzy");
  });
});

describe("Cloudflare and a daemon", () => {
  it("has the rules of the bans in force again after the daemon was killed, and none after it was stopped", async () => {
    cpSync(
      join(root, "config/action.d/warder-cloudflare.conf"),
      daemon.path("conf/action.d/warder-cloudflare.conf"),
    );
    const rules = new Map<string, { readonly id: string }>();
    const cloud = await startWebServer();
    cloud.answer = ({ method, path, body }) => {
      if (method === "POST") {
        const rule = JSON.parse(body) as { readonly configuration: { readonly value: string } };
        const { value } = rule.configuration;
        if (rules.has(value)) {
          return { status: 400, body: '{"success": false, "errors": [{"code": 10009}]}' };
        }
        rules.set(value, { ...rule, id: value.replace(/\W/g, "") });
        return { body: JSON.stringify({ success: true, result: rules.get(value) }) };
      }
      if (method === "DELETE") {
        const gone = [...rules].find(([, { id }]) => path.endsWith(`/${id}`));
        rules.delete(gone?.[0] ?? "");
        return { body: '{"success": true}' };
      }
      return {
        body: JSON.stringify({ success: true, result: [...rules.values()], result_info: { total_pages: 1 } }),
      };
    };
    daemon.configure({
      web: { action: `note\n warder-cloudflare[url="${cloud.url}", zone=z1, token=t0ken]` },
    });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2");
    await until("both are blocked", () => rules.size === 2);
    await daemon.end("SIGKILL");
    const made = cloud.requests.filter(({ method }) => method === "POST").length;
    await daemon.start();
    await until("both are restored", () => daemon.banned("web").length === 2);
    // Not the synchronous kind: the server that is asked is in this process.
    await daemon.callAsync("set", "web", "unbanip", "192.0.2.1");
    await until("one is let go", () => rules.size === 1);
    expect(cloud.requests.filter(({ method }) => method === "POST")).toHaveLength(made);
    await daemon.end("SIGTERM");
    expect(rules.size).toBe(0);
    expect(daemon.log).not.toContain("t0ken");
    await cloud.stop();
  });
});

describe("modules of a daemon", () => {
  it("carry out bans with an action written in JavaScript", async () => {
    const notes = daemon.path("module-notes");
    daemon.write(
      "conf/action.d/mine.mjs",
      `import { appendFileSync } from "node:fs";
       export function create(jail, name, options) {
         const note = (text) => appendFileSync(options.file, text + "\\n");
         return {
           start: () => note("start " + jail.name + " " + name),
           stop: () => note("stop"),
           async ban({ ip, failures }) { note("ban " + ip + " " + failures); },
           unban: ({ ip }) => note("unban " + ip),
         };
       }`,
    );
    daemon.configure({ web: { action: `note\n mine.mjs[file=${notes}]` } });
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the module was asked", () => daemon.read("module-notes").includes("ban"));
    daemon.call("set", "web", "unbanip", "192.0.2.1");
    await daemon.end("SIGTERM");
    expect(readFileSync(notes, "utf8")).toBe("start web mine\nban 192.0.2.1 2\nunban 192.0.2.1\nstop\n");
  });

  it("hold nothing up when they hang, and say what went wrong", async () => {
    daemon.write(
      "conf/action.d/stuck.mjs",
      `export const create = () => ({
         ban({ ip }) { if (ip === "192.0.2.1") for (;;); if (ip === "192.0.2.2") throw new Error("no such luck"); },
       });`,
    );
    daemon.configure({ web: { action: "stuck.mjs[timeout=2]\n note" } });
    await daemon.start();
    daemon.fail("web.log", ...["192.0.2.1", "192.0.2.2", "192.0.2.3"].flatMap((ip) => [ip, ip]));
    await until(
      "all are banned",
      () => daemon.notes.filter((line) => line.startsWith("ban")).length === 3,
      4000,
    );
    expect(daemon.call("ping").status).toBe(0);
    await until(
      "both are told",
      () => /no such luck/.test(daemon.log) && /took more than 2 seconds/.test(daemon.log),
    );
  });
});
