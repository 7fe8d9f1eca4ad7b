/** A filter that says what its matches are worth, in the real daemon and in ours. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { NotedDaemon, stamp, waitUntil } from "./jails-daemon.testing";

const REAL_CLIENT = "/usr/bin/fail2ban-client";
const REAL_REGEX = "/usr/bin/fail2ban-regex";

const hasOracle = existsSync(REAL_CLIENT);
if (!hasOracle) {
  console.warn("SKIPPED: the real fail2ban is not installed, filters are not tried with it");
}

const WEIGHTED = `[Definition]
failregex = ^ connection from <HOST>$(?#weight=0.25)
            ^ password tried from <HOST>(?#weight=2)$
            ^ exploit(?# weight = 100, bantime = 1w ) from <HOST>$
`;
const WEIGHTED_JAIL = "[plain]\nfilter = weighted\nmaxretry = 4\n[strict]\nenabled = false\n";
const lines = (...texts: readonly string[]): readonly string[] =>
  texts.map((text) => `${stamp(Date.now() / 1000)} ${text}`);

let programs: Programs;
let daemon: NotedDaemon | undefined;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
afterEach(() => daemon?.remove());

/** A daemon that has reloaded its configuration with those files. */
function startWith(client: string, files: Readonly<Record<string, string>>): NotedDaemon {
  const started = new NotedDaemon(client);
  daemon = started;
  for (const [name, text] of Object.entries(files)) {
    started.write(name, text.replaceAll("FOLDER", started.folder));
  }
  expect(started.call("reload")).toBe(0);
  return started;
}

async function expectNote(target: NotedDaemon, start: string): Promise<string> {
  const find = (): string | undefined => target.notes.find((note) => note.startsWith(start));
  await waitUntil(() => find() !== undefined);
  expect(target.notes).toContainEqual(expect.stringContaining(start));
  return find() ?? "";
}

const WEIGHTED_FILES = { "filter.d/weighted.conf": WEIGHTED, "jail.local": WEIGHTED_JAIL };

describe("weights in a filter", () => {
  test("make our daemon ban by them", async () => {
    const ours = startWith(programs.client, WEIGHTED_FILES);
    const connections = Array.from({ length: 15 }, () => "connection from 192.0.2.1");
    ours.append("a", lines(...connections, "password tried from 192.0.2.2", "exploit from 192.0.2.3"));
    expect(await expectNote(ours, "plain ban 192.0.2.3")).toContain(" bantime=604800 ");
    ours.append("a", lines("password tried from 192.0.2.2"));
    expect(await expectNote(ours, "plain ban 192.0.2.2")).toContain(" bantime=7200 count=1 failures=2 ");
    expect(ours.notes.join("\n")).not.toContain("192.0.2.1 ");
    ours.append("a", lines("connection from 192.0.2.1"));
    expect(await expectNote(ours, "plain ban 192.0.2.1")).toContain(" failures=16 ");
  });

  test.skipIf(!hasOracle)("are comments to the real fail2ban", async () => {
    const theirs = startWith(REAL_CLIENT, WEIGHTED_FILES);
    theirs.append("a", lines(...Array.from({ length: 4 }, () => "connection from 192.0.2.1")));
    await expectNote(theirs, "plain ban 192.0.2.1");
    const filter = join(theirs.folder, "conf/filter.d/weighted.conf");
    const { stdout } = spawnSync(REAL_REGEX, [join(theirs.folder, "a.log"), filter], { encoding: "utf8" });
    expect(stdout).toContain("4 matched");
    const ownClient = spawnSync(programs.client, ["-c", join(theirs.folder, "conf"), "-d"], {
      encoding: "utf8",
    });
    const regexesOf = (text: string): readonly string[] =>
      text.split("\n").filter((line) => line.includes("addfailregex"));
    expect(regexesOf(ownClient.stdout)).toEqual(regexesOf(theirs.ask("-d")));
  });

  test("that are none are told, and cost only their jail", () => {
    const ours = startWith(programs.client, {});
    ours.write("filter.d/weighted.conf", WEIGHTED.replace("0.25", "heavy"));
    ours.write("jail.local", WEIGHTED_JAIL);
    expect(ours.call("restart")).not.toBeNull();
    expect(ours.log).toContain("weight=heavy is no number from 0 to 1000");
    expect(ours.ask("status")).toContain("users");
  });
});
