import { describe, expect, it } from "vitest";
import type { ActionValue } from "../model";
import { createBanTarget } from "./ban-tags";
import type { BanTarget } from "./action";
import { createBan, createSpec, createWorld, type FakeWorld } from "./fakes.testing";
import { ShellAction } from "./shell-action";

const COMMANDS = {
  actionstart: "start <fam>",
  actionstop: "stop <fam>",
  actioncheck: "check <fam>",
  actionban: "ban <ip>",
  actionunban: "unban <ip>",
};
const CONDITIONAL = { ...COMMANDS, fam: "v4", "fam?family=inet6": "v6" };

function create(properties: Readonly<Record<string, ActionValue>>): {
  world: FakeWorld;
  action: ShellAction;
  target: (id: string) => BanTarget;
} {
  const world = createWorld();
  const action = new ShellAction(createSpec("a", properties), world);
  return { world, action, target: (id) => createBanTarget(createBan(id), world) };
}

const V4 = "192.0.2.1";
const V6 = "2001:db8::1";

describe("a failing ban", () => {
  it("is repeated once when there is no check", async () => {
    const { world, action, target } = create({ actionban: "ban <ip>" });
    world.runner.failing = ["ban"];
    expect(await action.ban(target(V4))).toEqual({ status: "failed", message: "Error banning 192.0.2.1" });
    expect(world.runner.take()).toEqual(["ban 192.0.2.1", "ban 192.0.2.1"]);
  });

  it("is repeated when the check finds nothing", async () => {
    const { world, action, target } = create(CONDITIONAL);
    world.runner.failing = ["ban"];
    await action.ban(target(V4));
    expect(world.runner.take()).toEqual(["start v4", "ban 192.0.2.1", "check v4", "ban 192.0.2.1"]);
    expect(action.epoch).toBe(0);
  });

  it("restarts a broken environment and is repeated", async () => {
    const { world, action, target } = create(CONDITIONAL);
    await action.ban(target(V4));
    world.runner.take();
    breakUntil(world, "start v4");
    expect(await action.ban(target(V4))).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual([
      "ban 192.0.2.1",
      "check v4",
      "stop v4",
      "start v4",
      "check v4",
      "ban 192.0.2.1",
    ]);
    expect(action.epoch).toBe(1);
    expect(world.lines).toContain(
      "ERROR CommandAction Invariant check failed. Trying to restore a sane environment",
    );
  });

  it("uses actionrepair where there is one", async () => {
    const { world, action, target } = create({ ...CONDITIONAL, actionrepair: "repair <fam>" });
    await action.ban(target(V4));
    world.runner.take();
    breakUntil(world, "repair v4");
    expect(await action.ban(target(V4))).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual([
      "ban 192.0.2.1",
      "check v4",
      "repair v4",
      "check v4",
      "ban 192.0.2.1",
    ]);
  });

  it("gives up when the environment stays broken", async () => {
    const { world, action, target } = create(CONDITIONAL);
    world.runner.failing = ["ban", "check"];
    expect((await action.ban(target(V4))).status).toBe("failed");
    expect(world.runner.take()).toEqual([
      "start v4",
      "ban 192.0.2.1",
      "check v4",
      "stop v4",
      "start v4",
      "check v4",
    ]);
    expect(world.lines).toContain("CRITICAL CommandAction Unable to restore environment");
  });

  it("gives up when the repair fails", async () => {
    const { world, action, target } = create({ ...COMMANDS, actionrepair: "repair" });
    world.runner.failing = ["ban", "check", "repair"];
    await action.ban(target(V4));
    expect(world.runner.take()).toEqual(["ban 192.0.2.1", "check <fam>", "repair"]);
  });

  it("starts a plain action again on its first repair", async () => {
    const { world, action, target } = create({ ...COMMANDS, fam: "x" });
    await action.start();
    world.runner.take();
    breakUntil(world, "start x");
    expect(await action.ban(target(V4))).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual([
      "ban 192.0.2.1",
      "check x",
      "stop x",
      "start x",
      "check x",
      "ban 192.0.2.1",
    ]);
    await action.stop();
    expect(world.runner.take()).toEqual(["stop x"]);
  });

  it("tells when the start on demand was what failed", async () => {
    const { world, action, target } = create(CONDITIONAL);
    world.runner.failing = ["start"];
    expect(await action.ban(target(V6))).toEqual({
      status: "failed",
      message: "Error starting action Jail('demo')/a: 'Script error'",
    });
    expect(world.runner.take()).toEqual(["start v6"]);
  });
});

/** Bans and checks fail until that command has run. */
function breakUntil(world: FakeWorld, script: string): void {
  const { runner } = world;
  const run = runner.run.bind(runner);
  runner.failing = ["ban", "check"];
  runner.run = (request) => {
    if (request.script === script) {
      runner.failing = [];
    }
    return run(request);
  };
}

describe("a failing unban", () => {
  it("is impossible in a broken environment", async () => {
    const { world, action, target } = create(CONDITIONAL);
    await action.ban(target(V4));
    world.runner.take();
    world.runner.failing = ["unban", "check"];
    expect(await action.unban(target(V4))).toEqual({
      status: "failed",
      message: "Error unbanning 192.0.2.1",
    });
    expect(world.runner.take()).toEqual(["unban 192.0.2.1", "check v4"]);
    expect(world.lines).toContain("ERROR CommandAction Invariant check failed. Unban is impossible.");
  });

  it("may repair when actionrepair_on_unban says so", async () => {
    const properties = { ...CONDITIONAL, actionrepair: "repair <fam>", actionrepair_on_unban: true };
    const { world, action, target } = create(properties);
    await action.ban(target(V4));
    world.runner.take();
    world.runner.failing = ["unban"];
    breakUntil(world, "repair v4");
    world.runner.failing = ["unban", "check"];
    await action.unban(target(V4));
    expect(world.runner.take()).toEqual([
      "unban 192.0.2.1",
      "check v4",
      "repair v4",
      "check v4",
      "unban 192.0.2.1",
    ]);
  });
});

describe("start on demand", () => {
  it("starts nothing with the jail, and each family once", async () => {
    const { world, action, target } = create(CONDITIONAL);
    expect(await action.start()).toEqual({ status: "skipped" });
    await action.ban(target(V4));
    await action.ban(target("192.0.2.2"));
    await action.ban(target(V6));
    expect(world.runner.take()).toEqual([
      "start v4",
      "ban 192.0.2.1",
      "ban 192.0.2.2",
      "start v6",
      "ban 2001:db8::1",
    ]);
  });

  it("starts a plain action once for all families", async () => {
    const { world, action, target } = create({ ...COMMANDS, fam: "x", actionstart_on_demand: true });
    await action.start();
    for (const id of [V4, V6, "raw"]) {
      await action.ban(target(id));
    }
    await action.stop();
    expect(world.runner.take()).toEqual(["start x", "ban 192.0.2.1", "ban 2001:db8::1", "ban raw", "stop x"]);
  });

  it("can be switched off, then all families start with the jail", async () => {
    const { world, action } = create({ ...CONDITIONAL, actionstart_on_demand: false });
    await action.start();
    await action.stop();
    expect(world.runner.take()).toEqual(["start v4", "start v6", "stop v4", "stop v6"]);
  });

  it("starts with the families it is told to, and without IPv6 where that is off", async () => {
    const { world, action } = create({ ...CONDITIONAL, actionstart_on_demand: false, families: "inet6" });
    await action.start();
    expect(world.runner.take()).toEqual(["start v6"]);
    const off = createWorld({ ipv6Allowed: () => false });
    await new ShellAction(createSpec("a", { ...CONDITIONAL, actionstart_on_demand: false }), off).start();
    expect(off.runner.take()).toEqual(["start v4"]);
  });

  it("keeps the bans of both families in mind when an id that is no address is banned", async () => {
    const { world, action, target } = create(CONDITIONAL);
    await action.ban(target(V4));
    await action.ban(target(V6));
    world.runner.take();
    await action.ban(target("raw"));
    await action.unban(target(V4));
    expect(world.runner.take()).toEqual(["ban raw", "unban 192.0.2.1"]);
  });

  it("tries again at the next ban after a failed start", async () => {
    const { world, action, target } = create(CONDITIONAL);
    world.runner.failing = ["start"];
    await action.ban(target(V4));
    world.runner.failing = [];
    expect(await action.ban(target(V4))).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual(["start v4", "start v4", "ban 192.0.2.1"]);
  });
});

describe("texts shared by families", () => {
  it("run once, unless they name the family", async () => {
    const { world, action, target } = create({
      actionban: "ban <family>",
      actionflush: "flush",
      actionstop: "stop <family>;",
      actionreload: "reload",
    });
    await action.start();
    await action.ban(target(V4));
    await action.ban(target(V6));
    await action.reload(createSpec("a", Object.fromEntries(action.properties)));
    await action.flush();
    await action.stop();
    expect(world.runner.take()).toEqual([
      "ban inet4",
      "ban inet6",
      "reload",
      "flush",
      "stop ;",
      "stop inet4;",
      "stop inet6;",
    ]);
  });
});

describe("other operations", () => {
  it("unban does nothing before a ban of that family, and after a flush", async () => {
    const { world, action, target } = create({ ...CONDITIONAL, actionflush: "flush <fam>" });
    expect(await action.unban(target(V4))).toEqual({ status: "skipped" });
    await action.ban(target(V4));
    await action.ban(target(V6));
    await action.flush();
    expect(await action.unban(target(V4))).toEqual({ status: "skipped" });
    await action.ban(target(V4));
    world.runner.take();
    await action.unban(target(V4));
    await action.unban(target("192.0.2.99"));
    await action.unban(target(V6));
    expect(world.runner.take()).toEqual(["unban 192.0.2.1", "unban 192.0.2.99"]);
  });

  it("flushes every time there is something to flush", async () => {
    const { world, action, target } = create({ actionban: "ban", actionflush: "flush" });
    for (const ids of [[V4], [V6], [V4, V6], [V6], []]) {
      for (const id of ids) {
        await action.ban(target(id));
      }
      await action.flush();
    }
    expect(world.runner.take().join(" ")).toBe("ban flush ban flush ban ban flush ban flush");
  });

  it("prolongs only with a command for it", async () => {
    const { world, action, target } = create({ actionban: "ban" });
    expect(await action.prolong(target(V4))).toEqual({ status: "skipped" });
    action.setProperty("actionprolong", "prolong <ip> <bantime>");
    expect(await action.prolong(target(V4))).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual(["prolong 192.0.2.1 600"]);
    world.runner.failing = ["prolong"];
    expect(await action.prolong(target(V4))).toMatchObject({ message: "Error prolonging 192.0.2.1" });
  });

  it("rebans with actionreban, else with actionban", async () => {
    const { world, action, target } = create({ actionban: "ban", actionreban: "again" });
    await action.reban(target(V4));
    action.setProperty("actionreban", "");
    await action.reban(target(V4));
    expect(world.runner.take()).toEqual(["again", "ban"]);
  });

  it("checks every text once and repairs", async () => {
    const { world, action, target } = create(CONDITIONAL);
    await action.ban(target(V4));
    await action.ban(target(V6));
    world.runner.take();
    expect(await action.check("repair")).toEqual({ status: "applied" });
    expect(world.runner.take()).toEqual(["check v4", "check v6"]);
    world.runner.failing = ["check v6"];
    expect((await action.check("repair")).status).toBe("failed");
    expect(world.runner.take()).toEqual(["check v4", "check v6", "stop v6", "start v6", "check v6"]);
  });

  it("uses a property from the next command on, and leaves bantime to the jail", async () => {
    const { world, action, target } = create({ actionban: "ban <x>", x: "1" });
    await action.ban(target(V4));
    expect(action.setProperty("x", 2)).toBe(true);
    expect(action.setProperty("bantime", 5)).toBe(false);
    await action.ban(target(V4));
    expect(world.runner.take()).toEqual(["ban 1", "ban 2"]);
    expect(action.properties.get("x")).toBe(2);
  });

  it.each([
    [60, 60],
    ["10m", 600],
    ["nonsense", 60],
    [null, 60],
    [-1, 60],
  ])("gives commands the configured time: %j", async (timeout, seconds) => {
    const { world, action, target } = create({ actionban: "ban", timeout });
    await action.ban(target(V4));
    expect(world.runner.requests[0]?.timeout).toBe(seconds);
  });
});

describe("the log of commands", () => {
  it("says everything about a failure", async () => {
    const { world, action, target } = create({ actionban: "ban <F-USER>" });
    world.runner.answer = { code: 127, stdout: "one\ntwo\n", stderr: "it's bad\n" };
    await action.ban(target(V4));
    const lines = world.lines.slice(0, 6).map((line) => line.replace(/[0-9a-f]{12}/, "ID"));
    expect(lines).toEqual([
      "ERROR utils ID -- exec: ban ",
      "ERROR utils ID -- stdout: 'one'",
      "ERROR utils ID -- stdout: 'two'",
      `ERROR utils ID -- stderr: "it's bad"`,
      "ERROR utils ID -- returned 127",
      expect.stringContaining('INFO utils HINT on 127: "Command not found"'),
    ]);
  });

  it("says how a command was ended", async () => {
    const { world, action, target } = create({ actionban: "ban", timeout: 3 });
    const run = world.runner.run.bind(world.runner);
    world.runner.run = async (request) => {
      const { code: _, ...result } = await run(request);
      return { ...result, signal: "SIGKILL", timedOut: true };
    };
    expect((await action.ban(target(V4))).status).toBe("failed");
    expect(world.lines.slice(0, 3).map((line) => line.replace(/[0-9a-f]{12}/, "ID"))).toEqual([
      "ERROR utils ID -- exec: ban",
      "ERROR utils ID -- timed out after 3 seconds.",
      "ERROR utils ID -- killed with SIGKILL (return code: -9)",
    ]);
  });

  it("is quiet about a success, and shows variables beside the script", async () => {
    const { world, action } = create({ actionban: "ban <fid>" });
    await action.ban(createBanTarget(createBan("a\nb"), world));
    expect(world.lines.map((line) => line.replace(/[0-9a-f]{12}/, "ID"))).toEqual([
      "TRACEDEBUG utils ID -- exec: ['ban $f2bV_fid', 'f2bV_fid=a\\nb']",
      "DEBUG utils ID -- returned successfully 0",
    ]);
  });

  it("never lets an id forge a line", async () => {
    const { world, action } = create({ actionban: "ban" });
    world.runner.failing = ["ban"];
    const outcome = await action.ban(
      createBanTarget(createBan("x\n2026 NOTICE [sshd] Ban 192.0.2.1"), world),
    );
    expect(outcome).toEqual({
      status: "failed",
      message: "Error banning x\\n2026 NOTICE [sshd] Ban 192.0.2.1",
    });
  });
});
