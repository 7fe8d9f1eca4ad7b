import { describe, expect, it } from "vitest";
import type { ActionValue, Ban } from "../model";
import { ActionList } from "./action-list";
import { ACTION_METHODS } from "./manual-call";
import { ShellAction } from "./shell-action";
import { createBan, createSpec, createWorld, type FakeWorld } from "./fakes.testing";

const V4 = createBan("198.51.100.1");
const V4B = createBan("198.51.100.2");
const V6 = createBan("2001:db8::1");
const PLAIN = createSpec("plain", {
  actionstart: "plain start",
  actionban: "plain ban <ip>",
  actionunban: "plain unban <ip>",
  actionstop: "plain stop",
});
const COND = createSpec("cond", {
  actionstart: "cond start <fam>",
  actionflush: "cond flush <fam>",
  actionban: "cond ban <ip>",
  actionunban: "cond unban <ip>",
  actionstop: "cond stop <fam>",
  fam: "v4",
  "fam?family=inet6": "v6",
});

function listOf(world: FakeWorld, ...properties: Readonly<Record<string, ActionValue>>[]): ActionList {
  return new ActionList(
    properties.map((each, i) => createSpec(`a${i + 1}`, each)),
    world,
  );
}

describe("the life of a plain and a conditional action", () => {
  const world = createWorld();
  const list = new ActionList([PLAIN, COND], world);
  const steps: readonly [string, () => Promise<unknown>, readonly string[]][] = [
    ["jail start", () => list.start(), ["plain start"]],
    [
      "first v4 ban",
      () => list.ban(V4),
      ["plain ban 198.51.100.1", "cond start v4", "cond ban 198.51.100.1"],
    ],
    ["first v6 ban", () => list.ban(V6), ["plain ban 2001:db8::1", "cond start v6", "cond ban 2001:db8::1"]],
    ["next v4 ban", () => list.ban(V4B), ["plain ban 198.51.100.2", "cond ban 198.51.100.2"]],
    ["v4 unban", () => list.unban(V4), ["plain unban 198.51.100.1", "cond unban 198.51.100.1"]],
    ["v6 unban", () => list.unban(V6), ["plain unban 2001:db8::1", "cond unban 2001:db8::1"]],
    ["unchanged reload", () => list.reload([PLAIN, COND], [V4B]), []],
    [
      "jail stop",
      () => list.stop([V4B]),
      [
        "cond flush v4",
        "cond flush v6",
        "plain unban 198.51.100.2",
        "cond stop v4",
        "cond stop v6",
        "plain stop",
      ],
    ],
    ["start again", () => list.start(), ["plain start"]],
    [
      "restored ban",
      () => list.ban(V4B),
      ["plain ban 198.51.100.2", "cond start v4", "cond ban 198.51.100.2"],
    ],
    ["v6 again", () => list.ban(V6), ["plain ban 2001:db8::1", "cond start v6", "cond ban 2001:db8::1"]],
    [
      "unban of all",
      () => list.flush([V4B, V6]),
      ["cond flush v4", "cond flush v6", "plain unban 198.51.100.2", "plain unban 2001:db8::1"],
    ],
    ["ban after a flush", () => list.ban(V4), ["plain ban 198.51.100.1", "cond ban 198.51.100.1"]],
    ["unban where nothing is left", () => list.unban(V6), ["plain unban 2001:db8::1"]],
    ["unban of all again", () => list.flush([V4]), ["cond flush v4", "plain unban 198.51.100.1"]],
    ["stop with nothing banned", () => list.stop([]), ["cond stop v4", "cond stop v6", "plain stop"]],
  ];

  it.each(steps)("%s", async (_, run, expected) => {
    world.runner.take();
    await run();
    expect(world.runner.take()).toEqual(expected);
  });

  it("announces flushes, also those with nothing to do", () => {
    const flushes = world.lines.filter((line) => line.includes("Flush ticket(s)"));
    expect(flushes).toEqual(
      Array.from({ length: 4 }, () => "NOTICE actions [demo] Flush ticket(s) with cond"),
    );
  });
});

describe("failures", () => {
  it("reports and logs a ban that no attempt could apply, and goes on with the next action", async () => {
    const world = createWorld();
    const list = listOf(world, { actionban: "bad <ip>" }, { actionban: "good <ip>" });
    world.runner.failing = ["bad"];
    const report = await list.ban(V4);
    expect(world.runner.take()).toEqual(["bad 198.51.100.1", "bad 198.51.100.1", "good 198.51.100.1"]);
    expect(report).toMatchObject({
      applied: ["a2"],
      failures: [{ action: "a1", operation: "ban", ban: V4, message: "Error banning 198.51.100.1" }],
    });
    expect(world.lines.at(-3)).toBe(
      "ERROR actions Failed to execute ban jail 'demo' action 'a1' info 'ActionInfo({'ip': '198.51.100.1', " +
        "'family': 'inet4', 'fid': '198.51.100.1'})': Error banning 198.51.100.1",
    );
  });

  it("logs a failing start and stop once", async () => {
    const world = createWorld();
    const list = listOf(world, { actionstart: "start", actionstop: "stop" });
    await list.start();
    world.runner.failing = ["start", "stop"];
    await list.start();
    await list.stop([]);
    expect(world.runner.take()).toEqual(["start", "start", "stop"]);
    expect(world.lines.filter((line) => line.includes(" actions "))).toEqual([
      "ERROR actions Failed to start jail 'demo' action 'a1': Error starting action Jail('demo')/a1: 'Script error'",
      "ERROR actions Failed to stop jail 'demo' action 'a1': Error stopping action Jail('demo')/a1: 'Script error'",
    ]);
  });

  it("does not stop an action that never started nor banned", async () => {
    const world = createWorld();
    const list = listOf(world, { actionstart: "start", actionban: "ban", actionstop: "stop" });
    world.runner.failing = ["start", "ban"];
    await list.start();
    await list.ban(V4);
    await list.stop([V4]);
    expect(world.runner.take()).toEqual(["start", "ban", "ban"]);
  });

  it("checks after a failing flush and leaves its bans alone", async () => {
    const world = createWorld();
    const list = listOf(world, {
      actionban: "ban",
      actionflush: "flush",
      actioncheck: "check",
      actionunban: "unban",
      actionstart: "start",
      actionstop: "stop",
    });
    await list.ban(V4);
    world.runner.take();
    world.runner.failing = ["flush"];
    const report = await list.flush([V4]);
    expect(world.runner.take()).toEqual(["flush", "check"]);
    expect(report.failures).toMatchObject([{ operation: "flush" }]);
    expect(world.lines.filter((line) => / actions (Failed|No)/.test(line))).toEqual([
      "ERROR actions Failed to flush bans in jail 'demo' action 'a1': Error flushing action Jail('demo')/a1: 'Script error'",
      "INFO actions No flush occurred, do consistency check",
    ]);
    world.runner.failing = ["flush", "check"];
    await list.stop([V4]);
    expect(world.runner.take()).toEqual(["flush", "check", "stop"]);
    expect(world.lines).toContain("ERROR CommandAction Invariant check failed. Flush is impossible.");
  });

  it("survives an action that throws", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN], {
      ...world,
      now: () => {
        throw new Error("no clock");
      },
    });
    const report = await list.start();
    expect(report.failures).toMatchObject([{ action: "plain", operation: "start", message: "no clock" }]);
    expect((await list.ban(V4)).applied).toEqual(["plain"]);
  });
});

describe("many bans at once", () => {
  it("reach actions that take one after the other in order, and those to blame are told", async () => {
    const world = createWorld();
    const list = listOf(world, { actionban: "one <ip>" }, { actionban: "two <ip>", norestored: true });
    const starting = list.start();
    world.runner.failing = ["one 198.51.100.2"];
    const failures = await list.banMany([V4, { ...V6, restored: true }, V4B]);
    await starting;
    expect([...failures.keys()]).toEqual(["198.51.100.2"]);
    expect(world.runner.take()).toEqual([
      "one 198.51.100.1",
      "two 198.51.100.1",
      "one 2001:db8::1",
      // Tried once more after a look at the environment.
      "one 198.51.100.2",
      "one 198.51.100.2",
      "two 198.51.100.2",
    ]);
  });
});

describe("restored bans", () => {
  it("are not for actions that say norestored, neither is their unban", async () => {
    const world = createWorld();
    const list = listOf(world, { actionban: "mail <restored>", actionunban: "un", norestored: true });
    const report = await list.ban(createBan("198.51.100.1", { restored: true }));
    await list.unban(V4);
    expect(report.skipped).toEqual(["a1"]);
    expect(world.runner.take()).toEqual([]);
    await list.ban(V4);
    expect(world.runner.take()).toEqual(["mail 0"]);
  });
});

describe("reban", () => {
  it("concerns only what was repaired since", async () => {
    const world = createWorld();
    const list = listOf(
      world,
      { actionban: "ban1", actioncheck: "check1", actionreban: "reban1", actionrepair: "repair1" },
      { actionban: "ban2", actioncheck: "check2" },
    );
    await list.ban(V4);
    const before = list.epoch;
    world.runner.failing = ["ban1", "check1"];
    const report = await list.ban(V4B);
    expect(report.repaired).toEqual(["a1"]);
    expect(list.epoch).toBeGreaterThan(before);
    world.runner.failing = [];
    world.runner.take();
    await list.reban(V4, before);
    expect(world.runner.take()).toEqual(["reban1"]);
    expect(world.lines).toContain("NOTICE actions [demo] Reban 198.51.100.1, action 'a1'");
    await list.reban(V4);
    expect(world.runner.take()).toEqual(["reban1", "ban2"]);
  });

  it("finds each repair, whichever action had one before", async () => {
    const world = createWorld();
    const list = listOf(
      world,
      { actionban: "ban1", actioncheck: "check1", actionrepair: "repair1" },
      { actionban: "ban2", actioncheck: "check2", actionrepair: "repair2" },
    );
    world.runner.failing = ["ban1", "check1"];
    await list.ban(V4);
    const between = list.epoch;
    world.runner.failing = ["ban2", "check2"];
    await list.ban(V4B);
    world.runner.failing = [];
    world.runner.take();
    await list.reban(V4, between);
    expect(world.runner.take()).toEqual(["ban2"]);
  });
});

describe("reload", () => {
  it("starts new actions with the current bans, stops removed ones, keeps the order of the configuration", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN, COND], world);
    await list.start();
    await list.ban(V4);
    world.runner.take();
    const added = createSpec("new", {
      actionstart: "new start",
      actionban: "new ban <ip> <restored>",
      actionreload: "never",
    });
    const changed = {
      ...COND,
      properties: new Map([...COND.properties, ["actionreload", "cond reload <fam>"]]),
    };
    const report = await list.reload([added, changed], [V4]);
    expect(world.runner.take()).toEqual([
      "plain unban 198.51.100.1",
      "plain stop",
      "cond reload v4",
      "new start",
      "new ban 198.51.100.1 1",
    ]);
    expect(report.failures).toEqual([]);
    expect(list.names).toEqual(["new", "cond"]);
  });

  it("sends no mail about bans of yesterday", async () => {
    const world = createWorld();
    const list = new ActionList([], world);
    await list.reload([createSpec("mail", { actionban: "mail", norestored: true })], [V4]);
    expect(world.runner.take()).toEqual([]);
  });

  it("forgets what the configuration no longer mentions", async () => {
    const world = createWorld();
    const list = listOf(world, { actionban: "ban", norestored: true });
    await list.reload([createSpec("a1", { actionban: "ban" })], []);
    await list.ban(createBan("198.51.100.1", { restored: true }));
    expect(world.runner.take()).toEqual(["ban"]);
  });
});

describe("add and remove", () => {
  it("takes one action out with its bans", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN, COND], world);
    await list.start();
    await list.ban(V4);
    world.runner.take();
    await list.remove("plain", [V4]);
    expect(world.runner.take()).toEqual(["plain unban 198.51.100.1", "plain stop"]);
    expect(list.names).toEqual(["cond"]);
    expect(await list.remove("plain", [])).toBeUndefined();
  });

  it("refuses a second action of one name", () => {
    const list = new ActionList([PLAIN], createWorld());
    expect(list.add(PLAIN)).toBe(false);
    expect(list.add(COND)).toBe(true);
    expect(list.names).toEqual(["plain", "cond"]);
  });
});

describe("call", () => {
  it("runs one method of one action with the tags given", async () => {
    const world = createWorld();
    const list = listOf(world, { actionban: "ban <ip> <family> <F-USER> <failures> <x>", norestored: true });
    const given = new Map([
      ["ip", "2001:db8::5"],
      ["F-USER", "$(id)"],
    ]);
    expect(await list.call("a1", "ban", given)).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual(["ban 2001:db8::5 inet6 $f2bV_F_user 0 <x>"]);
    world.runner.failing = ["ban"];
    expect(await list.call("a1", "ban", given)).toMatchObject({ message: "Error banning 2001:db8::5" });
    expect(world.lines.filter((line) => line.includes("Failed to"))).toEqual([]);
  });

  it("keeps properties set by hand over a reload called by hand", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN], world);
    await list.start();
    const action = list.get("plain");
    expect(action).toBeInstanceOf(ShellAction);
    (action as ShellAction).setProperty("actionreload", "by hand");
    await list.call("plain", "reload");
    expect(world.runner.take()).toEqual(["plain start", "by hand"]);
  });

  it("knows all methods it names, and no others", async () => {
    const list = new ActionList([PLAIN], createWorld());
    for (const method of ACTION_METHODS) {
      expect(await list.call("plain", method, new Map([["ip", "192.0.2.1"]]))).toBeDefined();
    }
    expect(await list.call("plain", "constructor")).toBeUndefined();
    expect(await list.call("absent", "start")).toBeUndefined();
  });
});

describe("order", () => {
  it("runs operations one after the other however they are asked for", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN, COND], world);
    const bans: readonly Ban[] = [V4, V6, V4B];
    await Promise.all([
      list.start(),
      ...bans.map((ban) => list.ban(ban)),
      list.unban(V6),
      list.stop([V4, V4B]),
    ]);
    expect(world.runner.take()).toEqual([
      "plain start",
      "plain ban 198.51.100.1",
      "cond start v4",
      "cond ban 198.51.100.1",
      "plain ban 2001:db8::1",
      "cond start v6",
      "cond ban 2001:db8::1",
      "plain ban 198.51.100.2",
      "cond ban 198.51.100.2",
      "plain unban 2001:db8::1",
      "cond unban 2001:db8::1",
      "cond flush v4",
      "cond flush v6",
      "plain unban 198.51.100.1",
      "plain unban 198.51.100.2",
      "cond stop v4",
      "cond stop v6",
      "plain stop",
    ]);
  });
});

describe("bans around a change", () => {
  it("reach each action exactly once, whether asked for before or after", async () => {
    const world = createWorld();
    const list = new ActionList([PLAIN], world);
    const bans: Ban[] = [V4];
    const work = [list.start(), list.ban(V4), list.reload([PLAIN, COND], bans)];
    bans.push(V6);
    work.push(list.ban(V6));
    await Promise.all(work);
    expect(world.runner.take()).toEqual([
      "plain start",
      "plain ban 198.51.100.1",
      "cond start v4",
      "cond ban 198.51.100.1",
      "plain ban 2001:db8::1",
      "cond start v6",
      "cond ban 2001:db8::1",
    ]);
    await Promise.all([list.ban(V4B), list.remove("plain", [V4, V6, V4B]), list.unban(V4B)]);
    expect(world.runner.take()).toEqual([
      "plain ban 198.51.100.2",
      "cond ban 198.51.100.2",
      "plain unban 198.51.100.1",
      "plain unban 2001:db8::1",
      "plain unban 198.51.100.2",
      "plain stop",
      "cond unban 198.51.100.2",
    ]);
  });
});

describe("actions written in Python", () => {
  it("are reported, and bans go on without them", async () => {
    const world = createWorld();
    const python = { name: "smtp", properties: new Map(), script: { file: "smtp.py", args: "{}" } };
    const list = new ActionList([python, PLAIN], world);
    const started = await list.start();
    expect(started.failures[0]?.message).toContain("not supported: smtp.py");
    expect((await list.ban(V4)).applied).toEqual(["plain"]);
    expect((await list.stop([V4])).failures).toEqual([]);
  });
});
