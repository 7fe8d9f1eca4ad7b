import { existsSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";
import { DAEMON_CALLS } from "./daemon-calls";
import { comparable } from "./daemon-differences";

const hasOracle = existsSync(REAL_CLIENT[0] ?? "");
if (!hasOracle) {
  console.warn("SKIPPED: conformance of the daemon needs fail2ban installed (/usr/bin/fail2ban-client)");
}

/** fail2ban's client talks to fail2ban's server and to ours, our client to another of ours: all answers are the same. */
describe.skipIf(!hasOracle)("our daemon and fail2ban's server", () => {
  let programs: Programs;
  let theirs = "";
  let ours = "";
  let whollyOurs = "";

  beforeAll(() => {
    programs = buildPrograms();
    [theirs, ours, whollyOurs] = [makeServerFolder(), makeServerFolder(), makeServerFolder()];
    startServer(theirs);
    startServer(ours, [programs.client]);
    startServer(whollyOurs, [programs.client]);
  });

  afterAll(() => {
    for (const folder of [theirs, ours, whollyOurs]) {
      runCall(REAL_CLIENT, folder, { args: ["stop"] });
      rmSync(folder, { recursive: true, force: true });
    }
    programs.remove();
  });

  test.each(DAEMON_CALLS.map((call, i) => ({ name: `${i} ${call.args.join(" ")}`, call })))(
    "$name",
    ({ call }) => {
      const run = (client: readonly string[], folder: string): string =>
        comparable(call, runCall(client, folder, call));
      const expected = run(REAL_CLIENT, theirs);
      expect({
        theirClient: run(REAL_CLIENT, ours),
        ourClient: run([programs.client], whollyOurs),
      }).toEqual({ theirClient: expected, ourClient: expected });
    },
  );
});
