import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLIENT_CALLS } from "./client-calls";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";

const hasOracle = existsSync(REAL_CLIENT[0] ?? "");
if (!hasOracle) {
  console.warn("SKIPPED: client conformance needs fail2ban installed (/usr/bin/fail2ban-client)");
}

/** Two servers of fail2ban: its own client talks to one, ours to the other, the same calls in the same order. */
describe.skipIf(!hasOracle)("our client and fail2ban's client", () => {
  let theirs = "";
  let ours = "";
  let client: readonly string[] = [];

  beforeAll(() => {
    theirs = makeServerFolder();
    ours = makeServerFolder();
    const bundle = join(ours, "fail2ban-client");
    buildSync({
      entryPoints: [resolve("src/cli/fail2ban-client.main.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
    });
    client = [process.execPath, bundle];
    startServer(theirs);
    startServer(ours);
  });

  afterAll(() => {
    for (const folder of [theirs, ours]) {
      runCall(REAL_CLIENT, folder, { args: ["stop"] });
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each(CLIENT_CALLS.map((call, i) => ({ name: `${i} ${call.args.join(" ")}`, call })))(
    "$name",
    ({ call }) => {
      const expected = runCall(REAL_CLIENT, theirs, call);
      const actual = runCall(client, ours, call);
      expect(actual.status).toBe(expected.status);
      if (call.statusOnly === undefined) {
        expect(actual.stdout).toBe(expected.stdout);
      }
      if (call.statusOnly === undefined && call.ownErrors === undefined) {
        expect(actual.stderr).toBe(expected.stderr);
      }
    },
  );

  test("our client starts and restarts a server of fail2ban", () => {
    const run = (...args: readonly string[]): string => {
      const { status, stdout } = runCall(client, ours, { args });
      return `${status} ${stdout}`;
    };
    expect(run("start")).toBe("0 Server ready\n");
    expect(run("start")).toBe("255 ");
    expect(run("restart")).toBe("0 Shutdown successful\nServer ready\n");
    expect(run("status")).toContain("t1, t2");
    expect(run("stop")).toBe("0 Shutdown successful\n");
  });
});
