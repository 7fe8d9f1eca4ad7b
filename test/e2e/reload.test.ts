/** What a reload leaves alone: everything that did not change, and everything when the new tree is broken. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: {}, mail: {} });
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1", "192.0.2.1", "192.0.2.5");
  daemon.fail("mail.log", "192.0.2.2", "192.0.2.2");
  await until("the bans", () => daemon.banned("web").length + daemon.banned("mail").length === 2);
});
afterEach(() => daemon.remove());

describe("a broken new tree", () => {
  test.each([
    ["a syntax error", "conf/jail.local", "[web\nenabled = true\n", "jail.local:1"],
    [
      "a filter that is no regex",
      "conf/filter.d/simple.conf",
      "[Definition]\nfailregex = (<HOST>\n",
      "regular expression",
    ],
    [
      "a filter without host",
      "conf/filter.d/simple.conf",
      "[Definition]\nfailregex = failure\n",
      "No failure-id group",
    ],
    ["a filter that is not there", "conf/jail.local", "[web]\nenabled = true\nfilter = gone\n", "gone"],
    [
      "a time that is none",
      "conf/jail.local",
      "[web]\nenabled = true\nlogpath = /dev/null\nbantime = soon\n",
      "soon",
    ],
  ])("(%s) changes nothing and says why", async (_, file, text, why) => {
    const before = daemon.call("status", "--all").stdout;
    const notes = daemon.notes;
    daemon.write(file, text);
    const { status, stderr } = daemon.call("reload");
    expect(status).toBe(255);
    expect(stderr).toContain(why);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(daemon.call("status", "--all").stdout).toBe(before);
    expect(daemon.notes).toEqual(notes);
    expect(daemon.log).toContain(why);
    daemon.fail("web.log", "192.0.2.5");
    await until("the ban of who had failed before", () => daemon.banned("web").length === 2);
  });
});

test("a jail whose new configuration is broken goes on as it was, the others change", async () => {
  daemon.configure({ web: { filter: "gone" }, mail: { bantime: "1h" } });
  const { stdout, stderr } = daemon.call("reload");
  expect(stdout).toBe("OK\n");
  expect(stderr).toContain("gone");
  expect(daemon.log).toContain("Jail 'web' goes on as it was");
  expect(daemon.call("get", "mail", "bantime").stdout).toBe("3600\n");
  expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
  daemon.fail("web.log", "192.0.2.5");
  await until("the ban of who had failed before", () => daemon.banned("web").length === 2);
});

test("one changed jail leaves the others and their actions alone", async () => {
  daemon.configure({ web: { bantime: "1h" }, mail: {} });
  expect(daemon.call("reload").stdout).toBe("OK\n");
  expect(daemon.notes.filter((note) => /^(?:start|stop|unban)/.test(note))).toEqual([
    "start web",
    "start mail",
  ]);
  expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
  daemon.fail("web.log", "192.0.2.5");
  await until("the ban of who had failed before", () => daemon.banned("web").length === 2);
});

test("an action that is new gets the bans that are there; one that is gone gives them back", async () => {
  daemon.write(
    "conf/action.d/other.conf",
    daemon.read("conf/action.d/note.conf").replaceAll("echo ", "echo other "),
  );
  daemon.configure({ web: { action: "other" }, mail: {} });
  expect(daemon.call("reload").stdout).toBe("OK\n");
  await until("the ban in the new action", () => daemon.notes.includes("other ban web 192.0.2.1"));
  expect(daemon.notes).toContain("unban web 192.0.2.1");
  expect(daemon.notes).not.toContain("unban mail 192.0.2.2");
  expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
});

test("--unban, --restart, --if-exists and single jails", async () => {
  expect(daemon.call("reload", "--unban", "web").stdout).toBe("OK\n");
  expect([daemon.banned("web"), daemon.banned("mail")]).toEqual([[], ["192.0.2.2"]]);
  expect(daemon.call("reload", "--restart", "mail").stdout).toBe("OK\n");
  await until("the restored ban", () => daemon.banned("mail").length === 1);
  expect(daemon.notes.filter((note) => note.includes("mail"))).toEqual([
    "start mail",
    "ban mail 192.0.2.2",
    "unban mail 192.0.2.2",
    "stop mail",
    "start mail",
    "ban mail 192.0.2.2",
  ]);
  expect(daemon.call("reload", "nojail").status).toBe(255);
  expect(daemon.call("reload", "--if-exists", "nojail").status).toBe(255);
  expect(daemon.call("restart", "web").status).toBe(0);
  expect(daemon.call("status").stdout).toMatch(/Jail list:\tmail, web\n/);
});

test("restart keeps bans", async () => {
  daemon.call("stop");
  await until("the end", () => !daemon.isRunning);
  expect(daemon.call("start").status).toBe(0);
  expect(daemon.call("restart")).toMatchObject({ status: 0, stdout: "Shutdown successful\nServer ready\n" });
  expect([daemon.banned("web"), daemon.banned("mail")]).toEqual([["192.0.2.1"], ["192.0.2.2"]]);
  expect(daemon.notes.filter((note) => note === "ban web 192.0.2.1")).toHaveLength(3);
});
