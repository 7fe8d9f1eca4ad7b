import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";

const hasOracle = existsSync(REAL_CLIENT[0] ?? "");
if (!hasOracle) {
  console.warn(
    "SKIPPED: conformance of the interactive client needs fail2ban installed (/usr/bin/fail2ban-client)",
  );
}

/** What a person types, and options beside `-i`. */
const SESSIONS: readonly (readonly [readonly string[], string])[] = [
  [["-i"], "ping\nstatus t1\nget t1 bantime\nexit\nping\n"],
  [["-i"], "echo \"a b\" c\\ d 'e'\nquit\n"],
  [["-i"], 'set t1 "bantime\nget t1 nonsense\nnonsense\nset nojail bantime 5\nexit\n'],
  [
    ["-i"],
    "set t1 bantime 20m\nget t1 bantime\nset t1 banip 192.0.2.1\nstatus t1 short\nunban --all\nexit\n",
  ],
  [["-i", "status"], "ping\nexit\n"],
  [["-i", "nonsense"], "ping\nexit\n"],
  [["-i", "-q"], "get t1 nonsense\nexit\n"],
  [["-i"], "ping\n"],
  [["-i"], ""],
];

/** The same lines typed at the prompts of both clients, each talking to a server of fail2ban. */
describe.skipIf(!hasOracle)("the interactive client", () => {
  let programs: Programs;
  const folders: string[] = [];

  beforeAll(() => {
    programs = buildPrograms();
    folders.push(makeServerFolder(), makeServerFolder());
    folders.forEach((folder) => startServer(folder));
  });
  afterAll(() => {
    for (const folder of folders) {
      runCall(REAL_CLIENT, folder, { args: ["stop"] });
      rmSync(folder, { recursive: true, force: true });
    }
    programs.remove();
  });

  function type(client: string, index: number, args: readonly string[], input: string): unknown {
    const folder = folders[index] ?? "";
    const { status, stdout } = spawnSync(client, ["-c", join(folder, "conf"), ...args], {
      input,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", TZ: "UTC" },
    });
    // The greeting is in our own words.
    const rest = stdout.replace(/^Fail2Ban v[\s\S]*?\n\n/m, "GREETING\n\n").replaceAll(folder, "DIR");
    return { status, stdout: rest };
  }

  test.each(SESSIONS)("%j %j", (args, input) => {
    expect(type(programs.client, 1, args, input)).toEqual(type(REAL_CLIENT[0] ?? "", 0, args, input));
  });
});
