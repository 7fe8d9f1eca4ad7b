import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isListening, makePlan, type Surroundings } from "./plan";

const SERVER: Surroundings = {
  isRoot: true,
  hasNft: true,
  sshdLog: "/var/log/auth.log",
  tree: "/etc/fail2ban",
  hasFail2ban: false,
};
const wishes = { shippedTree: "/shipped", demo: false };

describe("makePlan", () => {
  it("bans where it is root and nft is there, with the tree that is there", () => {
    const plan = makePlan(SERVER, wishes);
    expect(plan).toMatchObject({ mode: "ban", tree: "/etc/fail2ban", isShipped: false });
    expect(plan.reason).toBeUndefined();
  });

  it("brings its own tree where there is none", () => {
    expect(makePlan({ ...SERVER, tree: undefined }, wishes)).toMatchObject({
      mode: "ban",
      tree: "/shipped",
      isShipped: true,
    });
  });

  it.each([
    [{ isRoot: false }, /root/],
    [{ hasNft: false }, /nft/],
    [{ hasFail2ban: true }, /fail2ban is running/],
  ])("only observes with %o, and says why", (change, reason) => {
    const plan = makePlan({ ...SERVER, ...change }, wishes);
    expect(plan.mode).toBe("observe");
    expect(plan.reason).toMatch(reason);
  });

  it("replays where there is nothing to watch, and never on the user's own tree", () => {
    const plan = makePlan({ ...SERVER, sshdLog: undefined }, wishes);
    expect(plan).toMatchObject({ mode: "replay", tree: "/shipped" });
  });

  it("takes the tree it is told to take", () => {
    const plan = makePlan({ ...SERVER, sshdLog: undefined }, { ...wishes, conf: "/home/me/tree" });
    expect(plan).toMatchObject({ mode: "ban", tree: "/home/me/tree", isShipped: false });
  });
});

describe("isListening", () => {
  it("tells a daemon from a file that one left behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "listening-"));
    const [live, stale, none] = ["live", "stale", "none"].map((name) => join(folder, name));
    const server = createServer();
    try {
      await new Promise<void>((resolve) => server.listen(live, resolve));
      const leave = `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 9))`;
      spawnSync(process.execPath, ["-e", leave]);
      expect(await Promise.all([live, stale, none].map((path) => isListening(path ?? "")))).toEqual([
        true,
        false,
        false,
      ]);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
