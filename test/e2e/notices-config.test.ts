/** The shipped notice actions beside the real fail2ban: the same stream, commands it can run, the same mails as its smtp.py. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startMailServer } from "../../src/action/notices/mail-server.testing";
import { startWebServer, type WebServer } from "../../src/action/notices/web-server.testing";
import { buildPrograms, serverSettings, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";
import { canRun, findProgram } from "./requirements.testing";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const ORIGINAL = "/usr/bin/fail2ban-client";
const NAMES = readdirSync(join(root, "config", "action.d"))
  .filter((name) => /^warder-(?!nftables|ipset|iptables)/.test(name))
  .map((name) => name.replace(/\.conf$/, ""));
const needed = [ORIGINAL, "curl", "python3"];
const missing = needed.filter((name) => findProgram(name) === undefined).map((name) => `program ${name}`);

let programs: Programs;
let folder: string;
beforeAll(() => {
  programs = buildPrograms();
  folder = mkdtempSync(join(tmpdir(), "warder-notices-"));
});
afterAll(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A configuration with one jail whose action is this. */
function writeConfiguration(name: string, action: string): string {
  const place = join(folder, name);
  cpSync(join(root, "config"), place, { recursive: true, filter: (path) => !path.endsWith("/samples") });
  writeFileSync(join(place, "fail2ban.conf"), serverSettings(place).replaceAll(`${place}/run/`, `${place}/`));
  writeFileSync(join(place, "log"), "");
  const jail = `[web]\nenabled = true\nfilter = sshd\nbackend = polling\nlogpath = ${place}/log\n`;
  writeFileSync(
    join(place, "jail.local"),
    `[DEFAULT]\ndestemail = admin@example.org\n${jail}action = ${action}\n`,
  );
  return place;
}

describe.runIf(canRun("notices beside fail2ban", missing))("shipped notice actions", () => {
  it.each([...NAMES, "%(action_mail)s", "%(action_ml)s", "%(action_mw)s", "%(action_mwl)s"])(
    "%s means the same to both",
    (name) => {
      const place = writeConfiguration(name.replace(/\W/g, ""), name);
      const [ours, theirs] = [programs.client, ORIGINAL].map((program) => {
        const { stdout } = spawnSync(program, ["-c", place, "-d"], { encoding: "utf8" });
        return stdout.split("\n").filter((line) => /, 'web', '(?:add)?action'/.test(line));
      });
      expect(ours).not.toEqual([]);
      expect(ours).toEqual(theirs);
    },
  );

  describe("run by the real fail2ban", () => {
    let web: WebServer;
    let stop: () => Promise<void>;
    afterEach(async () => {
      await stop();
      await web.stop();
    });

    it("tell of bans with plain commands", async () => {
      web = await startWebServer();
      const stub = join(folder, "sendmail");
      writeFileSync(stub, `#!/bin/sh\necho "args $*" >> ${folder}/mail\ncat >> ${folder}/mail\n`, {
        mode: 0o755,
      });
      const place = writeConfiguration(
        "run",
        `warder-mail[mailcmd='${stub} -f "<sender>" "<dest>"', sender=f2b@host.example, dest=admin@example.org]
         warder-gotify[server="${web.url}", token=t]
         warder-matrix[server="${web.url}", room="!r:example.org", token=t]
         warder-abuseipdb[url="${web.url}/abuse", token=k]
         warder-blocklist-de[url="${web.url}/blocklist", token=k, sender=me@host.example]
         warder-xarf[sender=me@host.example]
         warder-cloudflare[url="${web.url}/cf", token=t, zone=z1]`,
      );
      web.answer = ({ method }) => ({
        body: method === "GET" ? '{"result": [{"id": "abc123", "notes": "x"}]}' : "{}",
      });
      const server = spawn("/usr/bin/fail2ban-server", ["-c", place, "-f", "start"], { stdio: "ignore" });
      stop = async () => {
        server.kill("SIGTERM");
        await until("fail2ban has ended", () => server.exitCode !== null || server.signalCode !== null);
      };
      // Not the synchronous kind: the servers that the commands talk to are in this process.
      const call = (...words: readonly string[]) =>
        new Promise((resolve) => spawn(ORIGINAL, ["-c", place, ...words]).once("close", resolve));
      await until("fail2ban answers", () => existsSync(join(place, "sock")));
      await call("set", "web", "banip", "192.0.2.1");
      const paths = () =>
        web.requests.map(
          ({ method, path }) => `${method} ${path.replace(/\?.*/, "").replace(/192.*/, "ID")}`,
        );
      await until("all are told", () => paths().length >= 5);
      await call("set", "web", "unbanip", "192.0.2.1");
      await until("Cloudflare lets go", () => paths().length >= 7);
      expect(paths().sort()).toEqual([
        "DELETE /cf/zones/z1/firewall/access_rules/rules/abc123",
        "GET /cf/zones/z1/firewall/access_rules/rules",
        "POST /abuse",
        "POST /blocklist",
        "POST /cf/zones/z1/firewall/access_rules/rules",
        "POST /message",
        "PUT /_matrix/client/v3/rooms/!r:example.org/send/m.room.message/ID",
      ]);
      const mail = readFileSync(join(folder, "mail"), "utf8");
      expect(mail).toMatch(
        /^args -f f2b@host\.example admin@example\.org\nSubject: \[Fail2Ban\] web: banned 192\.0\.2\.1 from /,
      );
      const message = web.requests.find(({ path }) => path === "/message");
      expect(JSON.parse(message?.body ?? "")).toMatchObject({
        title: expect.stringContaining("web: banned 192.0.2.1") as string,
        priority: 5,
      });
    });
  });

  it("sends the mails of smtp.py to whom that sends them, under the same subjects", async () => {
    const mail = await startMailServer();
    const options = { sender: "f2b@host.example", sendername: "Guard", dest: "a@example.org, b@example.org" };
    const script = `
import sys, importlib.util
spec = importlib.util.spec_from_file_location("smtp", "/etc/fail2ban/action.d/smtp.py")
smtp = importlib.util.module_from_spec(spec); spec.loader.exec_module(smtp)
class Jail:
    name = "web"
    class actions:
        getBanTime = staticmethod(lambda: 600)
action = smtp.Action(Jail(), "smtp", host="127.0.0.1:${mail.port}", sender="${options.sender}", sendername="${options.sendername}", dest="${options.dest}", matches="matches")
action.start()
action.ban({"ip": "192.0.2.1", "bantime": 600, "failures": 2, "matches": "one line", "jail.name": "web", "restored": 0})
action.stop()
`;
    const python = spawn("/usr/bin/python3", ["-c", script], { stdio: ["ignore", "ignore", "pipe"] });
    let trouble = "";
    python.stderr.on("data", (part: Buffer) => (trouble += part.toString()));
    await new Promise((resolve) => python.once("close", resolve));
    expect(trouble).toBe("");
    const theirs = mail.mails.splice(0);
    const daemon = new LocalDaemon(programs);
    daemon.write("web.log", "");
    const args = Object.entries(options).map(([name, value]) => `${name}="${value}"`);
    daemon.configure({
      web: { action: `note\n smtp.py[host="127.0.0.1:${mail.port}", ${args.join(", ")}, matches=matches]` },
    });
    await daemon.start();
    await until("the start is told", () => mail.mails.length === 1);
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban is told", () => mail.mails.length === 2);
    await daemon.end("SIGTERM");
    const face = ({ from, to, headers }: (typeof theirs)[number]) => ({
      from,
      to,
      sender: headers["from"],
      subject: headers["subject"]?.replace(/(from|on) \S+$/, "$1 HOST"),
    });
    expect(theirs).toHaveLength(3);
    expect(mail.mails.map(face)).toEqual(theirs.map(face));
    await daemon.remove();
    await mail.stop();
  });
});
