/** A real nginx is scanned and its passwords are guessed; jails switched on as a user does it close the firewall. */
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { listMissingParts, underTest } from "./daemon.testing";
import { canRun, findProgram, listMissing } from "./requirements.testing";
import {
  type Argv,
  ATTACKER,
  BYSTANDER,
  canMakeNamespaces,
  openTwoHosts,
  SERVER,
  type TwoHosts,
  waitFor,
} from "./two-hosts.testing";

const ROOT = join(import.meta.dirname, "../..");
const WARDER = join(ROOT, "bin/warder");
const PORT = 8080;
const VICTIM = "192.0.2.77";

/** Asks for a path; arguments: source address, target address, path, user and password or nothing. Prints the status. */
const REQUEST = `
const [localAddress, host, path, auth] = process.argv.slice(1);
const headers = auth ? { authorization: "Basic " + Buffer.from(auth).toString("base64") } : {};
require("node:http").get({ localAddress, host, port: ${PORT}, path, headers, timeout: 2000 }, (answer) => {
  console.log(answer.statusCode);
  process.exit(0);
}).on("error", () => { console.log("none"); process.exit(0); });
`;

function listAllMissing(): readonly string[] {
  const missing = [...listMissing(["ip", "nft", "nginx", underTest.client]), ...listMissingParts()];
  return missing.length > 0 || canMakeNamespaces() ? missing : ["the right to make network namespaces"];
}

const runs = canRun("ban web attackers", listAllMissing());
const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) {
    await close();
  }
});

interface Scene {
  readonly hosts: TwoHosts;
  readonly request: (from: string, path: string, auth?: string) => Promise<string>;
  readonly send: (...words: readonly string[]) => Promise<string>;
}

async function openScene(...jails: readonly string[]): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "warder-e2e-"));
  opened.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  const hosts = await openTwoHosts();
  opened.push(() => hosts.close());
  await startNginx(hosts, folder);
  const options = writeTree(folder);
  execFileSync(WARDER, ["enable", "--conf", join(folder, "etc"), ...jails], { stdio: "ignore" });
  const send = (...words: readonly string[]): Promise<string> =>
    hosts.run("server", [underTest.client, ...options, ...words]);
  hosts.start("server", [underTest.server, ...options, "-f", "-x", "start"], { stdio: "ignore" });
  await waitFor("the daemon answers", async () =>
    (await send("status").catch(() => "")).includes("Jail list"),
  );
  return {
    hosts,
    send,
    request: async (from, path, auth = "") => {
      const to = from.includes(":") ? SERVER.inet6 : SERVER.inet4;
      const argv: Argv = [process.execPath, "-e", REQUEST, from, to, path, auth];
      return (await hosts.run("attacker", argv)).trim();
    },
  };
}

async function startNginx(hosts: TwoHosts, folder: string): Promise<void> {
  mkdirSync(join(folder, "www"));
  writeFileSync(join(folder, "www/index.html"), "hello\n");
  writeFileSync(join(folder, "passwords"), "anna:{PLAIN}right\n");
  const config = `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; user root;
events {}
http {
  access_log ${folder}/access.log combined;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen ${PORT}; listen [::]:${PORT}; root ${folder}/www;
    location /private/ { auth_basic "private"; auth_basic_user_file ${folder}/passwords; try_files /index.html =404; }
  }
}
`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const nginx = findProgram("nginx") ?? "nginx";
  hosts.start("server", [nginx, "-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
  await waitFor("nginx answers", () => hosts.canConnect(BYSTANDER.inet4, PORT));
}

/** The shipped tree with its places moved into the folder, and the log of this nginx. Gives the options of the client. */
function writeTree(folder: string): readonly string[] {
  const tree = join(folder, "etc");
  cpSync(join(ROOT, "config"), tree, { recursive: true });
  const places = { socket: "sock", pidfile: "pid", dbfile: "db.sqlite3", logtarget: "daemon.log" };
  const lines = Object.entries(places).map(([name, file]) => `${name} = ${join(folder, file)}`);
  writeFileSync(join(tree, "fail2ban.local"), `[Definition]\n${lines.join("\n")}\n`);
  writeFileSync(
    join(tree, "paths-overrides.local"),
    `[DEFAULT]\nnginx_access_log = ${folder}/access.log\napache_access_log =\n`,
  );
  appendFileSync(join(tree, "jail.local"), `[DEFAULT]\nport = ${PORT}\n`);
  for (const jail of ["nginx-scan", "web-login"]) {
    appendFileSync(join(tree, "jail.local"), `[${jail}]\nport = ${PORT}\n`);
  }
  return ["-c", tree, "-s", join(folder, "sock"), "-p", join(folder, "pid")];
}

describe.skipIf(!runs)("the shipped tree", () => {
  it.each(["inet4", "inet6"] as const)(
    "bans a scanner at once, and nobody who mistypes (%s)",
    async (family) => {
      const { hosts, request, send } = await openScene("nginx-scan");
      for (let i = 0; i < 12; i++) {
        expect(await request(BYSTANDER[family], `/old-page-${i}.html`)).toBe("404");
      }
      expect(await request(ATTACKER[family], "/.env")).toBe("404");
      await waitFor(
        "the scanner is out",
        async () => !(await hosts.canConnect(ATTACKER[family], PORT)),
        5000,
      );
      expect(await hosts.canConnect(BYSTANDER[family], PORT)).toBe(true);
      expect(await send("get", "nginx-scan", "banip")).toBe(`${ATTACKER[family]}\n`);
    },
  );

  it("bans who guesses passwords, never whom the guesser names", async () => {
    const { hosts, request, send } = await openScene("nginx-scan", "web-login");
    expect(await request(BYSTANDER.inet4, "/private/", "anna:right")).toBe("200");
    expect(await request(BYSTANDER.inet4, "/private/", "anna:wrong")).toBe("401");
    const forged = `anna [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 401 9\n${VICTIM} - anna`;
    for (const user of ["anna", "root", forged, `${VICTIM} - x`, `" 401 ${VICTIM} "`]) {
      expect(await request(ATTACKER.inet4, `/private/${encodeURIComponent(VICTIM)}`, `${user}:x`)).toBe(
        "401",
      );
    }
    await waitFor("the guesser is out", async () => !(await hosts.canConnect(ATTACKER.inet4, PORT)), 5000);
    await sleep(300);
    expect(await send("banned")).toContain(`[{'nginx-scan': []}, {'web-login': ['${ATTACKER.inet4}']}]`);
    expect(await hosts.canConnect(BYSTANDER.inet4, PORT)).toBe(true);
  });
});
