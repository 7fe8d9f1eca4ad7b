import { describe, expect, it } from "vitest";
import { makePlan, type Surroundings } from "./plan";

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
