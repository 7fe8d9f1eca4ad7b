import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAction, ActionList } from "./action-list";
import type { Action } from "./action";
import { createBanTarget } from "./ban-tags";
import { createBan, createSpec, createWorld } from "./fakes.testing";
import { NativeFirewall } from "./native-firewall";
import { createNftBackend } from "./native-nft-ruleset";
import { FakeNft } from "./native-nft.testing";

const NOW = 1_795_221_616;
const V4 = "demo-v4";

const cutter = { cut: () => Promise.resolve(undefined) };

function setUp(properties: Readonly<Record<string, string>> = {}) {
  const nft = new FakeNft();
  const world = createWorld({ now: () => NOW });
  const spec = createSpec("warder-nftables", { native: "nftables", port: "ssh,8000:8010", ...properties });
  const make = (): NativeFirewall => new NativeFirewall(spec, world, createNftBackend(nft, cutter));
  const target = (id: string, changes: Parameters<typeof createBan>[1] = {}) =>
    createBanTarget(createBan(id, { time: NOW, ...changes }), world);
  return { nft, world, spec, make, action: make(), target };
}

const APPLIED = { status: "applied" };

describe("NativeFirewall", () => {
  it("makes a table with a chain and a set for each family, for the ports of the jail", async () => {
    const { nft, action } = setUp({ protocol: "tcp,udp", blocktype: "drop", chain_hook: "input,forward" });
    await expect(action.start()).resolves.toEqual(APPLIED);
    const table = nft.tables.get("warder");
    expect([...(table?.sets.keys() ?? [])]).toEqual([V4, "demo-v6"]);
    const match = "meta l4proto { tcp, udp } th dport { ssh, 8000-8010 }";
    const rules = [`${match} ip saddr @demo-v4 drop`, `${match} ip6 saddr @demo-v6 drop`];
    expect([...(table?.chains ?? [])]).toEqual([
      ["demo-input", rules],
      ["demo-forward", rules],
    ]);
    expect(nft.scripts).toHaveLength(1);
  });

  it("lets the kernel end a ban a little after the daemon does, and never a permanent one", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1", { bantime: 600 }));
    await action.ban(target("192.0.2.2", { bantime: -1 }));
    await action.ban(target("2001:db8::1", { time: NOW - 590.5, bantime: 600 }));
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s", "192.0.2.2"]);
    expect(nft.elementsOf("demo-v6")).toEqual(["2001:db8::1 12s"]);
  });

  it("keeps networks that contain each other in sets of their own", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    const ids = ["192.0.2.7", "192.0.2.0/24", "192.0.0.0/16", "2001:db8::/64", "192.0.2.0/24"];
    const outcomes = await Promise.all(ids.map((id) => action.ban(target(id, { bantime: -1 }))));
    expect(outcomes).toEqual(ids.map(() => APPLIED));
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.7"]);
    expect(nft.elementsOf("demo-v4-24")).toEqual(["192.0.2.0"]);
    expect(nft.elementsOf("demo-v4-16")).toEqual(["192.0.0.0"]);
    expect(nft.tables.get("warder")?.chains.get("demo-input")).toHaveLength(5);
    expect(nft.tables.get("warder")?.chains.get("demo-input")?.at(-1)).toContain(
      "ip6 saddr & ffff:ffff:ffff:ffff:: @demo-v6-64 reject",
    );
    await action.unban(target("192.0.2.0/24"));
    expect(nft.elementsOf("demo-v4-24")).toEqual([]);
    await expect(action.check("report")).resolves.toEqual(APPLIED);
  });

  it("puts all that comes while nft is at work into one transaction", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    nft.scripts.length = 0;
    const first = action.ban(target("192.0.2.0"));
    await Promise.resolve();
    const others = Array.from({ length: 200 }, (_, i) => action.ban(target(`198.51.100.${i}`)));
    await Promise.all([first, ...others]);
    expect(nft.scripts).toHaveLength(2);
    expect(nft.elementsOf(V4)).toHaveLength(201);
  });

  it("finds the elements to blame when a transaction fails, and applies all others", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    nft.poison.add("192.0.2.77").add("192.0.2.3");
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) => action.ban(target(`192.0.2.${i}`))),
    );
    const wrong = outcomes.flatMap((outcome, i) => (outcome.status === "failed" ? [i] : []));
    expect(wrong).toEqual([3, 77]);
    expect(outcomes[3]).toMatchObject({ message: expect.stringContaining("Invalid argument") as string });
    expect(nft.elementsOf(V4)).toHaveLength(98);
    nft.poison.clear();
    await action.flush();
    expect(nft.elementsOf(V4)).toEqual([]);
  });

  it("gives a ban another end, and takes it back once", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1", { bantime: 60 }));
    await action.prolong(target("192.0.2.1", { bantime: 6000 }));
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 6002s"]);
    nft.tables.get("warder")?.sets.get(V4)?.elements.clear();
    await expect(action.unban(target("192.0.2.1"))).resolves.toEqual(APPLIED);
    await expect(action.unban(target("192.0.2.1"))).resolves.toEqual(APPLIED);
    expect(nft.elementsOf(V4)).toEqual([]);
  });

  it("blocks an address until the last of the offenders behind it is free", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("alice", { ip: "192.0.2.1", bantime: 60 }));
    await action.ban(target("bob", { ip: "192.0.2.1", bantime: 90 }));
    await action.unban(target("alice", { ip: "192.0.2.1" }));
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 92s"]);
    await action.unban(target("bob", { ip: "192.0.2.1" }));
    expect(nft.elementsOf(V4)).toEqual([]);
  });

  it("refuses ids that are no addresses; nothing of them reaches nft", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    nft.scripts.length = 0;
    for (const id of ["root", "192.0.2.1 }; flush ruleset", "192.0.2.1\nflush ruleset", "", "::1%eth0"]) {
      await expect(action.ban(target(id))).resolves.toMatchObject({ status: "failed" });
      await expect(action.unban(target(id))).resolves.toEqual({ status: "skipped" });
    }
    expect(nft.scripts).toEqual([]);
  });

  it("never blocks the whole internet", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("x", { ip: "192.0.2.1/0", bantime: -1 }));
    expect(nft.elementsOf(V4)).toEqual(["0.0.0.0"]);
  });

  it("makes everything anew in one transaction when somebody has removed the rules", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    nft.tables.clear();
    nft.scripts.length = 0;
    await expect(action.ban(target("192.0.2.2"))).resolves.toEqual(APPLIED);
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s", "192.0.2.2 602s"]);
    expect(nft.scripts).toHaveLength(2);
    expect(action.epoch).toBe(0);
  });

  it("notices by a check what is missing or too much, and repairs only where it may", async () => {
    const { nft, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    const elements = (): Map<string, number> | undefined => nft.tables.get("warder")?.sets.get(V4)?.elements;
    const spoil = [
      () => elements()?.clear(),
      () => elements()?.set("192.0.2.99", Number.POSITIVE_INFINITY),
      () => nft.tables.get("warder")?.chains.get("demo-input")?.pop(),
      () => nft.tables.clear(),
    ];
    for (const damage of spoil) {
      await expect(action.check("report")).resolves.toEqual(APPLIED);
      damage();
      await expect(action.check("report")).resolves.toMatchObject({ status: "failed" });
      await expect(action.check("repair")).resolves.toEqual(APPLIED);
      expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s"]);
    }
  });

  it("shows no ban as applied while nft cannot be run, and asks for them again when it can", async () => {
    const { nft, action, target } = setUp();
    nft.broken = { startError: "ENOENT" };
    await expect(action.start()).resolves.toEqual({ status: "failed", message: "nft: ENOENT" });
    await expect(action.ban(target("192.0.2.1"))).resolves.toMatchObject({ status: "failed" });
    nft.broken = undefined;
    await expect(action.ban(target("192.0.2.2"))).resolves.toEqual(APPLIED);
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.2 602s"]);
    expect(action.epoch).toBe(1);
  });

  it("keeps what a killed run has left for some minutes, and what is restored for its whole time", async () => {
    const { nft, action, make, target } = setUp();
    await action.start();
    for (const [id, bantime] of [
      ["192.0.2.1", -1],
      ["192.0.2.2", 100],
      ["192.0.2.0/24", 5000],
    ] as const) {
      await action.ban(target(id, { bantime }));
    }
    const next = make();
    await next.start();
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 302s", "192.0.2.2 104s"]);
    expect(nft.elementsOf("demo-v4-24")).toEqual(["192.0.2.0 302s"]);
    await next.ban(target("192.0.2.1", { bantime: -1, restored: true }));
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.2 104s", "192.0.2.1"]);
    await expect(next.check("report")).resolves.toEqual(APPLIED);
  });

  it("changes ports, place and table in a reload without letting go of a ban", async () => {
    const { nft, world, action, target } = setUp();
    await action.start();
    await action.ban(target("192.0.2.1"));
    const reload = (properties: Record<string, string>) =>
      action.reload(createSpec("warder-nftables", { native: "nftables", ...properties }));
    await expect(reload({ port: "25", chain_hook: "prerouting" })).resolves.toEqual(APPLIED);
    expect([...(nft.tables.get("warder")?.chains.keys() ?? [])]).toEqual(["demo-prerouting"]);
    expect(nft.elementsOf(V4)).toEqual(["192.0.2.1 602s"]);
    await expect(reload({ port: "25", table: "other" })).resolves.toEqual(APPLIED);
    expect([...nft.tables.keys()]).toEqual(["other"]);
    expect(nft.elementsOf(V4, "other")).toEqual(["192.0.2.1 602s"]);
    await expect(reload({ port: "}; flush ruleset" })).resolves.toMatchObject({ status: "failed" });
    expect(nft.elementsOf(V4, "other")).toEqual(["192.0.2.1 602s"]);
    expect(world.lines).toEqual([]);
  });

  it("takes its own away when it stops, and the table with the last", async () => {
    const { nft, action, world, spec } = setUp();
    const other = new NativeFirewall(
      spec,
      { ...world, jail: { ...world.jail, name: "other" } },
      createNftBackend(nft, cutter),
    );
    await action.start();
    await other.start();
    await action.stop();
    expect([...(nft.tables.get("warder")?.sets.keys() ?? [])]).toEqual(["other-v4", "other-v6"]);
    await expect(action.stop()).resolves.toEqual({ status: "skipped" });
    await other.stop();
    expect([...nft.tables.keys()]).toEqual([]);
  });

  it("leaves a table in which somebody keeps something else", async () => {
    const { nft, action } = setUp();
    await action.start();
    nft.tables.get("warder")?.chains.set("allow", []);
    await action.stop();
    expect([...(nft.tables.get("warder")?.chains.keys() ?? [])]).toEqual(["allow"]);
  });

  it("holds after any sequence of operations what a plain list would hold", async () => {
    const id = fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.0/24", "2001:db8::1", "2001:db8::/48");
    const step = fc.record({
      what: fc.constantFrom("ban", "ban", "ban", "unban", "prolong", "flush", "loss", "poison", "wait"),
      id,
      bantime: fc.constantFrom(-1, 60, 900),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { nft, action, target } = setUp();
        await action.start();
        const model = new Map<string, string>();
        const waiting: Promise<unknown>[] = [];
        for (const { what, id: offender, bantime } of steps) {
          if (what === "ban" || what === "prolong") {
            const end = bantime < 0 ? "" : ` ${bantime + 2}s`;
            waiting.push(action[what](target(offender, { bantime })));
            model.set(offender, `${offender.replace(/\/.*/, "")}${end}`);
          } else if (what === "unban") {
            waiting.push(action.unban(target(offender)));
            model.delete(offender);
          } else if (what === "flush") {
            waiting.push(action.flush());
            model.clear();
          } else {
            await Promise.all(waiting.splice(0));
          }
          if (what === "loss") {
            nft.tables.clear();
            await action.check("repair");
          } else if (what === "poison") {
            nft.poison.add("192.0.2.250");
            const outcome = await action.ban(target("192.0.2.250"));
            expect(outcome.status).toBe("failed");
          }
        }
        await Promise.all(waiting);
        const sets = [...(nft.tables.get("warder")?.sets.keys() ?? [])];
        const held = sets.flatMap((name) => nft.elementsOf(name) ?? []);
        expect(held.sort()).toEqual([...model.values()].sort());
      }),
      { numRuns: 150 },
    );
  });
});

describe("an ActionList with a native action", () => {
  it("is made by the property `native`", () => {
    const { world, spec } = setUp();
    expect(createAction(spec, world)).toBeInstanceOf(NativeFirewall);
    expect(createAction(createSpec("x", {}), world)).not.toBeInstanceOf(NativeFirewall);
  });

  it("bans thousands in a few transactions, while a slow mail goes out one by one", async () => {
    const { nft, world, spec } = setUp();
    const mail = createSpec("mail", { actionban: "mail <ip>" });
    const list = new ActionList(
      [mail, spec],
      world,
      (one, context): Action =>
        one === spec
          ? new NativeFirewall(one, context, createNftBackend(nft, cutter))
          : createAction(one, context),
    );
    const bans = Array.from({ length: 3000 }, (_, i) => createBan(`198.18.${i >> 8}.${i & 255}`));
    const reports = await Promise.all([list.start(), ...bans.map((ban) => list.ban(ban))]);
    expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
    expect(reports[1]?.applied.toSorted()).toEqual(["mail", "warder-nftables"]);
    expect(nft.elementsOf(V4)).toHaveLength(3000);
    expect(nft.scripts.length).toBeLessThan(5);
    expect(world.runner.scripts).toHaveLength(3000);
    await list.stop(bans);
    expect(nft.tables.size).toBe(0);
  });
});
