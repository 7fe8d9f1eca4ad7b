/**
 * A program of somebody else that talks to fail2ban: the package `fail2ban` from npm (a JavaScript interface for web
 * panels). It gets the same from our daemon as from fail2ban's server.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";

const folder = mkdtempSync(join(tmpdir(), "third-party-"));
const isThere = existsSync(REAL_CLIENT[0] ?? "") && installPackage();
if (!isThere) {
  console.warn("SKIPPED: the package fail2ban of npm needs fail2ban, python3, npm and a network to be tried");
}

/** Fetches the package without running anything of it. Its SQLite does not build here; ours has the same calls. */
function installPackage(): boolean {
  const args = [
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefix",
    folder,
    "fail2ban@1.0.2",
  ];
  const { status } = spawnSync("npm", args, { timeout: 60_000 });
  if (status !== 0) {
    return false;
  }
  const sqlite = join(folder, "node_modules/better-sqlite3");
  rmSync(sqlite, { recursive: true, force: true });
  const ours = JSON.stringify(resolve("node_modules/@photostructure/sqlite"));
  writeFileSync(
    `${sqlite}.js`,
    `const { DatabaseSync } = require(${ours});
    const toBuffers = (row) => Object.fromEntries(Object.entries(row)
      .map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value) : value]));
    module.exports = function (path) {
      const db = new DatabaseSync(path, { readOnly: true });
      return { prepare: (sql) => ({ all: (...values) => db.prepare(sql).all(...values).map(toBuffers) }) };
    };`,
  );
  return true;
}

/** Everything the package can do, one after the other; prints what it got. */
const PROGRAM = `
const { Fail2Ban, Jail } = require("fail2ban");
const [, conf] = process.argv;
const tell = (name, work) => work()
  .then((value) => console.log(name, JSON.stringify(value)), (error) => console.log(name, "failed", error.message));
(async () => {
  const server = new Fail2Ban(conf);
  const jail = new Jail("t1", conf);
  await tell("ping", () => server.ping());
  await tell("status", () => server.status);
  await tell("dbfile", () => server.dbfile);
  await tell("ban", () => jail.ban("192.0.2.1"));
  await tell("ban 6", () => jail.ban("2001:db8::1"));
  await tell("jail", () => jail.status);
  await tell("unban", () => jail.unban("192.0.2.1"));
  await tell("unban nobody", () => jail.unban("192.0.2.77"));
  await tell("regex", () => jail.regex);
  await tell("add", () => jail.addRegex("^ other failure from <HOST>$"));
  await tell("add again", () => jail.addRegex("^ other failure from <HOST>$"));
  await tell("del", () => jail.delRegex("^ other failure from <HOST>$"));
  await tell("findTime", () => jail.findTime);
  await tell("retries", async () => { jail.retries = 7; await new Promise((done) => setTimeout(done, 1000)); return jail.retries; });
  await tell("useDNS", () => jail.useDNS);
  await tell("bans", async () => (await jail.bans).map(({ jail, ip, failures, matches }) => ({ jail, ip, failures, matches })));
  await tell("no jail", () => new Jail("nojail", conf).status);
})();`;

/** What `<HOST>` becomes: two ways to write the same. */
const HOST = /\\\\\[\?\(\?:\(\?:::f.*?\\\\\]\?/g;

describe.skipIf(!isThere)("the package fail2ban of npm", () => {
  let programs: Programs;
  const servers: string[] = [];

  beforeAll(() => {
    programs = buildPrograms();
  });
  afterAll(() => {
    for (const server of servers) {
      runCall(REAL_CLIENT, server, { args: ["stop"] });
      rmSync(server, { recursive: true, force: true });
    }
    programs.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function runProgram(client: readonly string[]): Promise<readonly string[]> {
    const server = makeServerFolder();
    servers.push(server);
    startServer(server, client);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["-e", PROGRAM, join(server, "conf/fail2ban.conf")],
      {
        cwd: folder,
        env: { ...process.env, PYTHONPATH: "/usr/lib/python3/dist-packages", PATH: "/usr/bin:/bin" },
      },
    );
    return stdout.replaceAll(server, "DIR").replaceAll(HOST, "<HOST>").trim().split("\n");
  }

  test("gets the same from our daemon", async () => {
    const theirs = await runProgram(REAL_CLIENT);
    const ours = await runProgram([programs.client]);
    expect(theirs).toContain('ping "pong"');
    expect(theirs).toHaveLength(17);
    expect(theirs.filter((line) => line.includes("2001:db8::1"))).toHaveLength(2);
    expect(ours).toEqual(theirs);
  });
});
