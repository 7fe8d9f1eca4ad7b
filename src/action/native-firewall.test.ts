import { describe, expect, it } from "vitest";
import { ActionList } from "./action-list";
import { createBanTarget } from "./ban-tags";
import { createBan, createSpec, createWorld } from "./fakes.testing";
import { NativeFirewall } from "./native-firewall";
import { FakeNft } from "./native-nft.testing";
import { createNftBackend } from "./native-nft-ruleset";

const NOW = 1_795_221_616;
const V4 = "demo-v4";
const APPLIED = { status: "applied" };

function setUp(properties: Readonly<Record<string, string>> = {}) {
  const nft = new FakeNft();
  const world = createWorld({ now: () => NOW });
  const spec = createSpec("warder-nftables", { native: "nftables", ...properties });
  const cut: (readonly string[])[] = [];
  const cutter = {
    cut: (_settings: unknown, ips: readonly { readonly text: string }[]) => {
      cut.push(ips.map(({ text }) => text));
      return Promise.resolve(cut.length > 1 ? "ss: ENOENT" : undefined);
    },
  };
  const make = (): NativeFirewall => new NativeFirewall(spec, world, createNftBackend(nft, cutter));
  const target = (id: string, changes: Parameters<typeof createBan>[1] = {}) =>
    createBanTarget(createBan(id, { time: NOW, ...changes }), world);
  const settled = (): Promise<unknown> => action.check("report");
  const action = make();
  return { nft, world, cut, make, action, target, settled };
}

describe("a native firewall that is tampered with", () => {
  it("mends what is gone as soon as it hears of it, and does nothing where nothing is wrong", async () => {
    const { nft, world, action, target, settled } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    const table = () => nft.tables.get("warder");
    for (const damage of [() => nft.tables.clear(), () => table()?.chains.get("demo-input")?.pop()]) {
      damage();
      nft.watch.tell({ type: "rules" });
      await settled();
      expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s"]);
      expect(table()?.chains.get("demo-input")).toHaveLength(2);
      expect(world.lines.splice(0)).toEqual([expect.stringContaining("making everything anew")]);
    }
    table()?.sets.get(V4)?.elements.clear();
    nft.watch.tell({ type: "elements", set: V4, addresses: ["192.0.2.1"] });
    await settled();
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s"]);
    world.lines.length = 0;
    nft.scripts.length = 0;
    nft.watch.tell({ type: "elements", set: V4, addresses: ["192.0.2.9"] });
    nft.watch.tell({ type: "rules" });
    nft.watch.tell({ type: "unseen" });
    await settled();
    expect(nft.scripts).toEqual([]);
    expect(world.lines).toEqual([]);
  });

  it("unblocks nobody to find an address to blame, when it is a rule that is missing", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    const ids = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    for (const id of ids) {
      await action.ban(target(id));
    }
    nft.brokenApply = { code: 1, stderr: "Error: No such file or directory" };
    nft.scripts.length = 0;
    const properties = new Map([["native", "nftables"] as const, ["port", "81"] as const]);
    expect(await action.reload({ name: "warder-nftables", properties })).toMatchObject({ status: "failed" });
    expect(nft.scripts.filter((script) => !ids.every((id) => script.includes(id)))).toEqual([]);
    nft.brokenApply = undefined;
    await action.ban(target("192.0.2.4"));
    expect(nft.elementsOf(V4)).toEqual([...ids, "192.0.2.4"].map((id) => `${id} 602s`));
  });

  it("notices that elements are gone when somebody has put the rules back without them", async () => {
    const { nft, action, target, settled } = setUp();
    await action.start();
    await action.ban(target("192.0.2.0/24"));
    nft.tables.get("warder")?.sets.get("demo-v4-24")?.elements.clear();
    nft.watch.tell({ type: "rules" });
    await settled();
    expect(nft.elementsOf("demo-v4-24")).toEqual(["192.0.2.0 602s"]);
  });

  it("tells which bans are lost while it cannot be mended, and tries again later", async () => {
    const { nft, action, target, settled } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    await action.ban(target("alice", { ip: "192.0.2.2" }));
    const unbroken = nft.names;
    nft.tables.clear();
    nft.brokenApply = { timedOut: true };
    nft.watch.tell({ type: "rules" });
    await settled();
    expect([...action.lost]).toEqual([
      ["192.0.2.1", "nft: does not answer"],
      ["alice", "nft: does not answer"],
    ]);
    expect(nft.watch.reminders).toEqual([10]);
    nft.brokenApply = undefined;
    expect(nft.names).toBe(unbroken);
    nft.watch.tell({ type: "rules" });
    await settled();
    expect([...action.lost]).toEqual([]);
    expect(nft.elementsOf(V4)).toHaveLength(2);
  });

  it("looks before each ban while nobody watches", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    nft.watch.isAwake = false;
    nft.tables.get("warder")?.chains.get("demo-input")?.splice(0);
    await expect(action.ban(target("192.0.2.2"))).resolves.toEqual(APPLIED);
    expect(nft.tables.get("warder")?.chains.get("demo-input")).toHaveLength(2);
    expect(nft.elementsOf(V4)).toHaveLength(2);
  });

  it("starts from nothing after a transaction of which nobody knows how it ended", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    nft.brokenApply = { signal: "SIGKILL", halfWay: true };
    await expect(action.ban(target("192.0.2.0/24"))).resolves.toMatchObject({ status: "failed" });
    expect(nft.elementsOf("demo-v4-24")).toHaveLength(1);
    nft.brokenApply = undefined;
    await expect(action.ban(target("192.0.2.1"))).resolves.toEqual(APPLIED);
    expect(nft.elementsOf("demo-v4-24")).toBeUndefined();
    expect(nft.tables.get("warder")?.chains.get("demo-input")).toHaveLength(2);
  });

  it("takes no unreadable answer for an empty firewall", async () => {
    const { nft, action, target, settled } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    nft.scripts.length = 0;
    for (const stdout of ["{", '{"nftables":', "\u0000"]) {
      nft.answer = stdout;
      nft.watch.tell({ type: "rules" });
      await settled();
      await expect(action.check("report")).resolves.toMatchObject({ status: "failed" });
    }
    expect(nft.scripts).toEqual([]);
    nft.answer = undefined;
    await expect(action.check("report")).resolves.toEqual(APPLIED);
  });

  it("blocks all others when some elements are refused while everything is made anew", async () => {
    const { nft, world, action, target, settled } = setUp();
    await action.start();
    for (let i = 0; i < 20; i++) {
      await action.ban(target(`192.0.2.${i}`));
    }
    nft.tables.clear();
    nft.poison.add("192.0.2.3").add("192.0.2.17");
    nft.watch.tell({ type: "rules" });
    await settled();
    expect(nft.elementsOf(V4)).toHaveLength(18);
    expect([...action.lost.keys()].sort()).toEqual(["192.0.2.17", "192.0.2.3"]);
    expect(world.lines.filter((line) => line.includes("cannot be blocked"))).toHaveLength(2);
    nft.poison.clear();
    await action.ban(target("192.0.2.3"));
    expect([...action.lost.keys()]).toEqual(["192.0.2.17"]);
  });
});

describe("a native firewall that stops", () => {
  it("keeps bans for a while, each no longer than it lasts, and the next one finds them", async () => {
    const { nft, make, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1", { bantime: -1 }));
    await action.ban(target("192.0.2.2", { bantime: 60 }));
    await expect(action.pause()).resolves.toEqual(APPLIED);
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 302s", "192.0.2.2 62s"]);
    expect(nft.watch.listeners.size).toBe(0);
    const next = make();
    await next.start();
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 302s", "192.0.2.2 64s"]);
    await next.stop();
    expect(nft.tables.size).toBe(0);
  });

  it("keeps them as long as it is told", async () => {
    for (const [keep_after_stop, expected] of [
      ["0", undefined],
      ["2m", ["192.0.2.1 122s"]],
      ["-1", ["192.0.2.1 6002s"]],
    ] as const) {
      const { nft, action, target } = setUp({ keep_after_stop });
      await action.start();
      await action.ban(target("192.0.2.1", { bantime: 6000 }));
      await action.pause();
      expect(nft.elementsOf(V4)).toEqual(expected);
    }
  });

  it("is paused by a list in place of a flush, other actions are stopped", async () => {
    const { nft, world, action } = setUp();
    const mail = createSpec("mail", { actionstop: "bye", actionunban: "unban <ip>", actionban: "ban <ip>" });
    const list = new ActionList([mail, createSpec("warder-nftables", {})], world, (spec, context) =>
      spec === mail ? (new ActionList([mail], context).get("mail") ?? action) : action,
    );
    await list.start();
    const ban = createBan("192.0.2.1", { time: NOW });
    await list.ban(ban);
    world.runner.take();
    await list.pause([ban]);
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 302s"]);
    expect(world.runner.take()).toEqual(["unban 192.0.2.1", "bye"]);
  });
});

describe("a native firewall that cuts", () => {
  it("ends connections of new bans alone, and says when that cannot be done", async () => {
    const { world, cut, action, target, settled } = setUp({ cut: "ss" });
    await action.start();
    await action.ban(target("192.0.2.1"));
    await action.ban(target("192.0.2.2", { restored: true }));
    await action.unban(target("192.0.2.1"));
    expect(cut).toEqual([["192.0.2.1"]]);
    await action.ban(target("192.0.2.3"));
    await settled();
    expect(world.lines).toEqual([expect.stringContaining("connections cannot be ended: ss: ENOENT")]);
  });
});
