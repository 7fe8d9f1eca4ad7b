import { describe, expect, it } from "vitest";
import { createBanTarget } from "./ban-tags";
import { ActionList } from "./action-list";
import { createBan, createSpec, createWorld } from "./fakes.testing";
import { NativeFirewall } from "./native-firewall";
import { FakeNft } from "./native-nft.testing";
import { createNftBackend } from "./native-nft-ruleset";

const NOW = 1_795_221_616;
const V4 = "demo-v4";
const APPLIED = { status: "applied" };
const bans = Array.from({ length: 1200 }, (_, i) =>
  createBan(`198.18.${i >> 8}.${i & 255}`, { time: NOW, restored: true }),
);
const [first = createBan("192.0.2.1"), second = createBan("192.0.2.2")] = bans;

function setUp(properties: Readonly<Record<string, string>> = {}) {
  const nft = new FakeNft();
  const world = createWorld({ now: () => NOW });
  const spec = createSpec("warder-nftables", { native: "nftables", ...properties });
  const backend = createNftBackend(nft, { cut: () => Promise.resolve(undefined) });
  const make = (): NativeFirewall => new NativeFirewall(spec, world, backend);
  return { nft, world, spec, make };
}

describe("a start with many bans", () => {
  it("makes all of them in one transaction, in place of what is there and unread", async () => {
    const { nft, make } = setUp();
    const before = make();
    await before.start();
    await before.banMany([createBan("192.0.2.9", { time: NOW }), first]);
    await before.pause();
    nft.scripts.length = 0;
    const listed: string[] = [];
    const after = new NativeFirewall(
      createSpec("warder-nftables", { native: "nftables" }),
      createWorld({ now: () => NOW }),
      createNftBackend(
        Object.assign(nft, {
          elements: {
            run: (request: { readonly script: string }) => {
              listed.push(request.script);
              return Promise.reject(new Error("nobody should ask"));
            },
          },
        }),
        { cut: () => Promise.resolve(undefined) },
      ),
    );
    expect(await after.start(bans)).toEqual(APPLIED);
    expect(listed).toEqual([]);
    expect(nft.scripts).toHaveLength(1);
    expect(nft.elementsOf(V4)).toHaveLength(bans.length);
    expect(nft.elementsOf(V4)).not.toContain("192.0.2.9 602s");
    expect(after.isAhead(first)).toBe(true);
    expect(await after.banMany(bans)).toEqual(new Map());
    expect(nft.scripts).toHaveLength(1);
    expect(after.isAhead(first)).toBe(false);
  });

  it("tells who was refused, and has banned all others", async () => {
    const { nft, make } = setUp();
    const action = make();
    nft.poison.add("198.18.0.1");
    expect(await action.start(bans)).toEqual(APPLIED);
    expect([...(await action.banMany(bans)).keys()]).toEqual(["198.18.0.1"]);
    expect(nft.elementsOf(V4)).toHaveLength(bans.length - 1);
  });

  it("has banned nobody when it fails, and bans when it is asked", async () => {
    const { nft, make } = setUp();
    const action = make();
    nft.brokenApply = { timedOut: true };
    expect(await action.start(bans)).toMatchObject({ status: "failed" });
    expect(action.isAhead(first)).toBe(false);
    nft.brokenApply = undefined;
    expect(await action.banMany(bans.slice(0, 3))).toEqual(new Map());
    expect(nft.elementsOf(V4)).toHaveLength(3);
  });

  it("bans again who has got another time meanwhile, and lets go of who is unbanned before it is asked", async () => {
    const { nft, world, spec, make } = setUp();
    const action = make();
    const list = new ActionList([spec], world, () => action);
    await list.start(bans);
    await list.forget(first);
    expect(nft.elementsOf(V4)).not.toContain("198.18.0.0 602s");
    await list.forget(createBan("192.0.2.77"));
    await list.banMany([{ ...second, bantime: 900 }]);
    expect(nft.elementsOf(V4)).toContain("198.18.0.1 902s");
    expect(nft.elementsOf(V4)).toHaveLength(bans.length - 1);
  });

  it("takes none with norestored, and reads what is there when there are few", async () => {
    const { nft, world, spec, make } = setUp({ norestored: "1" });
    const action = make();
    await new ActionList([spec], world, () => action).start(bans);
    expect(nft.elementsOf(V4)).toEqual([]);
    const few = setUp();
    const one = few.make();
    await one.start([first]);
    expect(one.isAhead(first)).toBe(false);
    expect(few.nft.elementsOf(V4)).toEqual([]);
  });
});

describe("a stop", () => {
  it("tells that bans stay in force, and how to end them", async () => {
    const { world, make } = setUp();
    const action = make();
    await action.start();
    await action.pause();
    expect(world.lines).toEqual([]);
    await action.start();
    await action.ban(createBanTarget(first, world));
    await action.pause();
    expect(world.lines).toEqual([
      expect.stringMatching(/INFO.*stay in force for 300 s at most .*nft delete table inet warder$/),
    ]);
    const own = setUp({ table: "mine", keep_after_stop: "-1" });
    const other = own.make();
    await other.start();
    await other.ban(createBanTarget(first, own.world));
    await other.pause();
    expect(own.world.lines).toEqual([
      expect.stringMatching(
        /until their own end .*nft 'flush set inet mine demo-v4; flush set inet mine demo-v6'$/,
      ),
    ]);
  });
});
