/** Nothing is lost and nothing counted twice when the daemon is killed, restarted or reloaded. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: {} });
  daemon.write("web.log", "");
});
afterEach(() => daemon.remove());

/** How often each offender is in the history of bans. */
async function countBans(ids: readonly string[]): Promise<readonly number[]> {
  const { store } = await openStore(daemon.path("db.sqlite3"), Date.now() / 1000);
  try {
    return ids.map((id) => store.history(id, "web")?.bancount ?? 0);
  } finally {
    store.close();
  }
}

const makeHosts = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `198.51.100.${i + 1}`);

test("being killed in a stream of bans loses none and doubles none", async () => {
  const hosts = makeHosts(250);
  await daemon.start();
  for (const [i, host] of hosts.entries()) {
    daemon.fail("web.log", host, host);
    if (i % 50 === 25) {
      await sleep(i % 100);
      await daemon.end("SIGKILL");
      await daemon.start();
    }
    await sleep(2);
  }
  await until("all bans", () => daemon.banned("web").length === hosts.length);
  expect(new Set(daemon.banned("web"))).toEqual(new Set(hosts));
  await daemon.end("SIGTERM");
  expect(await countBans(hosts)).toEqual(hosts.map(() => 1));
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "lines are counted once, also those written while it is down (%s)",
  async (signal) => {
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1");
    daemon.fail("web.log", "192.0.2.7", "192.0.2.7");
    await until("the ban", () => daemon.banned("web").length === 1);
    await daemon.end(signal);
    daemon.fail("web.log", "192.0.2.2", "192.0.2.2", "192.0.2.3");
    await daemon.start();
    await until("the other ban", () => daemon.banned("web").length === 2);
    expect(daemon.banned("web")).toEqual(["192.0.2.7", "192.0.2.2"]);
    expect(daemon.log.match(/Found 192\.0\.2\.1 /g)).toHaveLength(1);
    expect(daemon.log.match(/Found 192\.0\.2\.3 /g)).toHaveLength(1);
    expect(daemon.log.match(/Restore Ban 192\.0\.2\.7/g)).toHaveLength(1);
  },
);

test.each(["SIGKILL", "SIGTERM"] as const)("counting goes on where it was (%s)", async (signal) => {
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1", "192.0.2.2", "192.0.2.2");
  await until("the ban", () => daemon.banned("web").length === 1);
  await daemon.end(signal);
  await daemon.start();
  expect(daemon.banned("web")).toEqual(["192.0.2.2"]);
  daemon.fail("web.log", "192.0.2.1", "192.0.2.2");
  await until("the other ban", () => daemon.banned("web").length === 2);
  expect(daemon.log.match(/\] Ban 192\.0\.2\.1/g)).toHaveLength(1);
  expect(daemon.log.match(/\] Ban 192\.0\.2\.2/g)).toHaveLength(1);
});

test("a line that was only half written is read when it is whole", async () => {
  await daemon.start();
  appendFileSync(daemon.path("web.log"), `${stamp()} failure from 192.0.2.1\n${stamp()} failure fr`);
  await until("the first failure", () => daemon.log.includes("Found 192.0.2.1"));
  await daemon.end("SIGTERM");
  appendFileSync(daemon.path("web.log"), "om 192.0.2.1\n");
  daemon.fail("web.log", "192.0.2.1");
  await daemon.start();
  await until("the ban", () => daemon.banned("web").length === 1);
});

test("what was unbanned by command stays so", async () => {
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2");
  await until("the bans", () => daemon.banned("web").length === 2);
  expect(daemon.call("set", "web", "unbanip", "192.0.2.1").stdout).toBe("1\n");
  await daemon.end("SIGKILL");
  await daemon.start();
  expect(daemon.banned("web")).toEqual(["192.0.2.2"]);
  await daemon.end("SIGTERM");
  await daemon.start();
  expect(daemon.banned("web")).toEqual(["192.0.2.2"]);
});

test("bans outlive a restart with what is left of their time", async () => {
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
  await until("the ban", () => daemon.banned("web").length === 1);
  const before = daemon.call("get", "web", "banip", "--with-time").stdout;
  await daemon.end("SIGKILL");
  await daemon.start();
  expect(daemon.call("get", "web", "banip", "--with-time").stdout).toBe(before);
});

test("a reload keeps bans, counters and places in logs", async () => {
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1", "192.0.2.2", "192.0.2.2");
  await until("the ban", () => daemon.banned("web").length === 1);
  daemon.configure({ web: { bantime: "20m" }, mail: {} });
  daemon.write("mail.log", "");
  expect(daemon.call("reload")).toEqual({ status: 0, stdout: "OK\n", stderr: "" });
  expect(daemon.call("get", "web", "bantime").stdout).toBe("1200\n");
  daemon.fail("web.log", "192.0.2.1");
  daemon.fail("mail.log", "192.0.2.9", "192.0.2.9");
  await until("the second ban", () => daemon.banned("web").length === 2);
  await until("the ban of the new jail", () => daemon.banned("mail").length === 1);
  expect(daemon.notes.filter((note) => note.startsWith("ban web"))).toEqual([
    "ban web 192.0.2.2",
    "ban web 192.0.2.1",
  ]);
});
