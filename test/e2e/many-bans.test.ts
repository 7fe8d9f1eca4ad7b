/** Thousands of bans whose actions are slow: whoever asks is answered at once, and a reload touches only what changed. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { JsonClient } from "../../src/control";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

const COUNT = 20_000;
/** Milliseconds within which every answer is there, on a machine that is busy with other tests; alone it takes 100. */
const AT_ONCE = 1000;

let programs: Programs;
let daemon: LocalDaemon;
let client: JsonClient;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: { maxretry: "1", action: "slow" }, mail: {} });
  daemon.write("conf/action.d/slow.conf", "[Definition]\nactionban = sleep 5\nactionunban = sleep 5\n");
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
});
afterEach(async () => {
  client.close();
  if (daemon.isRunning) {
    await daemon.end("SIGKILL");
  }
  await daemon.remove();
});

const hosts = Array.from({ length: COUNT }, (_, i) => `198.18.${i >> 8}.${i & 255}`);

async function start(): Promise<void> {
  await daemon.start();
  client = new JsonClient(daemon.path("run/sock"));
}

function ban(): void {
  appendFileSync(daemon.path("web.log"), hosts.map((host) => `${stamp()} failure from ${host}\n`).join(""));
}

/** Asks again and again until the condition holds; gives how long each answer took, in milliseconds. */
async function askUntil(isDone: (banned: number) => boolean): Promise<readonly number[]> {
  const times: number[] = [];
  for (let banned = -1; !isDone(banned); ) {
    const begin = performance.now();
    const status = JSON.stringify(await client.send(["status", "web", "short"]));
    times.push(performance.now() - begin);
    banned = Number(/"Currently banned",(\d+)/.exec(status)?.[1]);
    await sleep(5);
  }
  return times;
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;

test("a status is answered at once while they are carried out, and after a restart", async () => {
  await start();
  ban();
  const times = await askUntil((banned) => banned === COUNT);
  console.log(
    `while banning: median ${median(times).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms`,
  );
  expect(median(times)).toBeLessThan(AT_ONCE / 10);
  expect(Math.max(...times)).toBeLessThan(AT_ONCE);
  // One action is slow for one jail only.
  daemon.fail("mail.log", "192.0.2.1", "192.0.2.1");
  await until("the ban of another jail", () => daemon.notes.includes("ban mail 192.0.2.1"));
  await daemon.end("SIGKILL");
  await start();
  const after = await askUntil((banned) => banned === COUNT);
  expect(Math.max(...after)).toBeLessThan(AT_ONCE);
});

test("a reload meanwhile keeps all of them and bans nobody twice", { timeout: 40_000 }, async () => {
  await start();
  ban();
  await askUntil((banned) => banned > 1000);
  daemon.configure({ web: { maxretry: "1", action: "slow", bantime: "30m" }, mail: { maxretry: "7" } });
  const reload = performance.now();
  const reloading = daemon.callAsync("reload");
  const times = await askUntil((banned) => banned === COUNT);
  expect((await reloading).stdout).toBe("OK\n");
  expect(performance.now() - reload).toBeLessThan(30_000);
  expect(Math.max(...times)).toBeLessThan(AT_ONCE);
  expect(daemon.log.match(/\] Ban /g)).toHaveLength(COUNT);
  expect(await client.send(["get", "mail", "maxretry"])).toBe(7);
});
