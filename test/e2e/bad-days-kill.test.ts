/** `kill -9` at random moments under load, again and again: no ban is lost, none comes twice, nobody counts double. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createRandom } from "../../fuzz/target";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

/** `WARDER_KILL_ROUNDS=200 npx vitest run --project e2e bad-days-kill` for a long one; `WARDER_KILL_SEED` for another. */
const ROUNDS = Number(process.env["WARDER_KILL_ROUNDS"] ?? 8);
const SEED = Number(process.env["WARDER_KILL_SEED"] ?? 11);
const MAXRETRY = 2;

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: { findtime: "1h", bantime: "1h" }, mail: { findtime: "1h", bantime: "1h" } });
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
});
afterEach(() => daemon.remove());

/** What was written to the logs: how many failures of whom. */
class Model {
  readonly #counts = new Map<string, Map<string, number>>();

  add(jail: string, host: string): void {
    const counts = this.#counts.get(jail) ?? new Map<string, number>();
    this.#counts.set(jail, counts.set(host, (counts.get(host) ?? 0) + 1));
  }

  offenders(jail: string): readonly string[] {
    const counts = this.#counts.get(jail) ?? new Map<string, number>();
    return [...counts].flatMap(([host, count]) => (count >= MAXRETRY ? [host] : [])).sort();
  }
}

/** Actions of one life of the daemon, the last one last. */
function lives(): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const note of daemon.notes) {
    if (note === "start web") {
      found.push([]);
    }
    found.at(-1)?.push(note);
  }
  return found;
}

test(`after ${ROUNDS} kills everybody is banned who should be, and nobody else`, {
  timeout: 60_000 + ROUNDS * 10_000,
}, async () => {
  const random = createRandom(SEED);
  const model = new Model();
  const writeSome = (): void => {
    for (let left = random.below(40); left > 0; left -= 1) {
      const jail = random.chance(0.7) ? "web" : "mail";
      const host = `198.51.${random.below(4)}.${random.below(250)}`;
      model.add(jail, host);
      daemon.fail(`${jail}.log`, host);
    }
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    writeSome();
    const started = daemon.start();
    for (let left = 1 + random.below(6); left > 0; left -= 1) {
      await sleep(random.below(120));
      writeSome();
    }
    if (random.chance(0.7)) {
      await started;
      await sleep(random.below(700));
    }
    await daemon.end("SIGKILL");
    await started;
  }
  await daemon.start();
  for (const jail of ["web", "mail"]) {
    const wanted = model.offenders(jail);
    expect(wanted.length).toBeGreaterThan(0);
    await until(`all bans of ${jail}`, () => daemon.banned(jail).length >= wanted.length, 20_000);
    expect([...daemon.banned(jail)].sort()).toEqual(wanted);
    await until(
      `all bans of ${jail} carried out`,
      () => wanted.every((host) => lives().at(-1)?.includes(`ban ${jail} ${host}`)),
      20_000,
    );
  }
  for (const life of lives()) {
    const bans = life.filter((note) => note.startsWith("ban "));
    expect(new Set(bans).size).toBe(bans.length);
  }
});
