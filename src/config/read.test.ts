import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatProblem } from "../model";
import { explainOption, formatStream, readConfiguration, type Configuration } from "./index";

const GOOD = {
  "fail2ban.conf": "[Definition]\nloglevel = INFO\n",
  "filter.d/f.conf":
    "[INCLUDES]\nbefore = part.conf\n[Definition]\nfailregex = %(__part)s\n            ^two <HOST>$\n",
  "filter.d/part.conf": "[DEFAULT]\n__part = ^one <HOST>$\n",
  "action.d/a.conf": "[Definition]\nactionban = add <ip>\n[Init]\nport = 1\n",
  "jail.conf": "[DEFAULT]\nbantime = 10m\nfilter = f\naction = a\n[j]\nenabled = true\n",
};

describe("readConfiguration", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "config-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const read = (files: Record<string, string>, more: object = {}): Configuration => {
    for (const [name, text] of Object.entries({ ...GOOD, ...files })) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return readConfiguration({ directory: root, version: "1.1.0", tolerateMissingLogs: true, ...more });
  };
  const problems = (configuration: Configuration) =>
    configuration.problems.map((problem) => formatProblem(problem).replaceAll(`${root}/`, ""));

  it("gives every command the place it comes from", () => {
    const { stream, ok, jails } = read({});
    expect({ ok, jails }).toEqual({ ok: true, jails: ["j"] });
    const regexes = stream.find((entry) => entry.command[2] === "addfailregex");
    expect(regexes?.command[3]).toEqual(["^one <HOST>$", "^two <HOST>$"]);
    expect(regexes?.origins).toEqual([
      { file: `${root}/filter.d/part.conf`, line: 2 },
      { file: `${root}/filter.d/f.conf`, line: 5 },
    ]);
    const bantime = stream.find((entry) => entry.command[2] === "bantime");
    expect(bantime).toEqual({
      command: ["set", "j", "bantime", "10m"],
      jail: "j",
      origin: { file: `${root}/jail.conf`, line: 2 },
    });
  });

  it("skips a broken jail, says where, and goes on with the others", () => {
    const configuration = read({
      "jail.local":
        "[k]\nenabled = 1\nbantime = %(none)s\n[l]\nenabled = 1\nfilter = gone\n[m]\nenabled = 1\n",
    });
    expect(configuration.jails).toEqual(["j", "m"]);
    expect(configuration.ok).toBe(false);
    expect(problems(configuration)).toEqual([
      'jail.local:3: jail "k": skipped: option "bantime" of [k] refers to %(none)s, which is not set anywhere',
      expect.stringMatching(
        /^jail.local:6: jail "l": skipped: Unable to read the filter 'gone' \(there is no /,
      ),
    ]);
    const errors = configuration.stream.filter((entry) => entry.command[0] === "config-error");
    expect(errors.map((entry) => entry.jail)).toEqual(["k", "l"]);
  });

  it("gathers all problems of malformed files and sends nothing", () => {
    const configuration = read({ "jail.local": "[j]\nx\ny\n", "fail2ban.local": "z\n" });
    expect(configuration).toMatchObject({ fatal: true, ok: false, stream: [], jails: [] });
    expect(problems(configuration)).toEqual([
      'fail2ban.local:1: "z" stands before the first [section]',
      'jail.local:2: "x" is neither "option = value" nor a [section]',
      'jail.local:3: "y" is neither "option = value" nor a [section]',
    ]);
  });

  it("does not take an unreadable tree for an empty one", () => {
    const gone = readConfiguration({ directory: join(root, "gone"), version: "1" });
    expect(gone).toMatchObject({ fatal: true, ok: false });
    const big = read({ "jail.conf": `[j]\nignoreip = ${"192.0.2.1 ".repeat(500_000)}` });
    expect(big).toMatchObject({ fatal: true, ok: false });
    expect(problems(big)[0]).toMatch(/^jail.conf:1: this file is too large/);
  });

  it("warns about what would silently have no effect", () => {
    const configuration = read({
      "jail.local":
        "[DEFAULT]\nfindtme = 1\n[j]\nbantme = 1\nmine = 2\nignorecommand = %(mine)s\naction = a[prot=2]\n  a\nlogpath = /no/such file\n",
      "filter.d/f.local": "[Definition]\nfailregx = x\n",
      "action.d/a.conf": "[Definition]\nactionbna = x\n[Init]\nproto = 1\n",
    });
    expect(configuration.ok).toBe(true);
    expect(problems(configuration)).toEqual([
      'jail.local:2: option "findtme" is not known and has no effect; is "findtime" meant?',
      'filter.d/f.local:2: jail "j": option of filter f "failregx" is not known and has no effect; is "failregex" meant?',
      'action.d/a.conf:2: jail "j": option of action a "actionbna" is not known and has no effect; is "actionban" meant?',
      'jail.local:7: jail "j": argument of action a "prot" is not known and has no effect; is "proto" meant?',
      'jail.local:7: jail "j": action a has no actionban, so a ban does nothing there',
      'jail.local:8: jail "j": action a has no actionban, so a ban does nothing there',
      'jail.local:8: jail "j": two actions are called a; give one of them an actname=… of its own',
      'jail.local:9: jail "j": logpath "/no/such file" is cut at its last blank, and "file" is not head or tail',
      'jail.local:9: jail "j": no log file matches /no/such',
      'jail.local:4: jail "j": option "bantme" is not known and has no effect; is "bantime" meant?',
    ]);
  });

  it("tells the daemon which logs to wait for", () => {
    const configuration = read({ "jail.local": "[j]\nlogpath = {R}/*.log tail\n".replace("{R}", root) });
    const pattern = { jail: "j", pattern: `${root}/*.log`, position: "tail" };
    expect(configuration.missingLogs).toMatchObject([pattern]);
    expect(configuration.logPatterns).toMatchObject([pattern]);
    writeFileSync(join(root, "x.log"), "");
    const later = read({});
    expect(later.missingLogs).toEqual([]);
    expect(formatStream(later.stream)).toContain(`['set', 'j', 'addlogpath', '${root}/x.log', 'tail']\n`);
  });

  it("uses the journal, or skips, when there is no log and the jail says so", () => {
    const journal = read({ "jail.local": "[j]\nlogpath = /no/log\njournalmatch = A=b\n" });
    expect(journal.stream.find((entry) => entry.command[0] === "add")?.command).toEqual([
      "add",
      "j",
      "systemd",
    ]);
    const skipped = read({ "jail.local": "[j]\nlogpath = /no/log\nskip_if_nologs = yes\n" });
    expect(skipped.jails).toEqual([]);
    expect(skipped.stream.at(-1)?.command[0]).toBe("config-error");
    const strict = read({ "jail.local": "[j]\nlogpath = /no/log\n" }, { tolerateMissingLogs: false });
    expect(strict).toMatchObject({ ok: false, fatal: false, jails: ["j"] });
  });

  it("lets the command line win over fail2ban.conf", () => {
    const { server, stream } = read({}, { overrides: { loglevel: "DEBUG", socket: "/run/x.sock" } });
    expect(server).toMatchObject({ loglevel: "DEBUG", socket: "/run/x.sock", syslogsocket: "auto" });
    expect(stream.map((entry) => entry.command)).toContainEqual(["set", "loglevel", "DEBUG"]);
  });

  it("warns of a checkfilters that is neither yes nor no", () => {
    const ofText = (text: string) =>
      problems(read({ "fail2ban.local": `[Definition]\ncheckfilters = ${text}\n` }));
    expect([ofText("no"), ofText("TRUE")]).toEqual([[], []]);
    expect(ofText("nope")).toEqual([
      "fail2ban.local:2: checkfilters = nope is neither yes nor no; it counts as yes",
    ]);
  });

  it("survives names that mean something to JavaScript", () => {
    const configuration = read({
      "jail.local":
        "[__proto__]\nenabled = 1\n__proto__ = 1\nfilter = f[constructor=1, __proto__=2]\naction = s.py[2=b, 1=a]\n",
    });
    expect(configuration.jails).toEqual(["j", "__proto__"]);
    expect(formatStream(configuration.stream)).toContain(`'{"2": "b", "1": "a"}'`);
  });

  it.each([
    ["endless include", { "jail.conf": "[INCLUDES]\nbefore = ./jail.conf\n" }],
    [
      "multiplying includes",
      { "jail.conf": `[INCLUDES]\nbefore =${"\n  a.conf".repeat(50_000)}\n`, "a.conf": "[x]\n" },
    ],
    ["reference bomb", { "jail.local": `[j]\nignorecommand = %(v0)s\n${bomb("%(v", ")s", 9)}` }],
    ["tag bomb", { "filter.d/f.local": `[Definition]\nfailregex = <v0>\n${bomb("<v", ">", 25)}` }],
    ["a million tags", { "filter.d/f.local": `[Definition]\nfailregex = ${"<a".repeat(1_000_000)}` }],
    ["many journal matches", { "jail.local": `[j]\njournalmatch =${"\n a".repeat(200_000)}` }],
  ])("stays bounded: %s", (_, files) => {
    const started = performance.now();
    read(files);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

function bomb(open: string, close: string, levels: number): string {
  const lines = Array.from({ length: levels }, (_, i) => `v${i} = ${`${open}${i + 1}${close}`.repeat(30)}`);
  return `${lines.join("\n")}\nv${levels} =\n`;
}

describe("explainOption", () => {
  it("shows the chain of overrides", () => {
    const root = mkdtempSync(join(tmpdir(), "config-"));
    writeFileSync(join(root, "jail.conf"), "[DEFAULT]\nbantime = 1m\n[j]\nenabled = no\nbantime = 2m\n");
    writeFileSync(join(root, "jail.local"), "[j]\nbantime = %(known/bantime)s 3s\nfindtime = %(gone)s\n");
    writeFileSync(join(root, "fail2ban.conf"), "[Definition]\nloglevel = INFO\n");
    const configuration = readConfiguration({ directory: root, version: "1" });
    expect(explainOption(configuration, "j", "BanTime")).toEqual({
      value: "2m 3s",
      origin: { file: `${root}/jail.local`, line: 2 },
      chain: [
        { section: "DEFAULT", text: "1m", origin: { file: `${root}/jail.conf`, line: 2 } },
        { section: "j", text: "2m", origin: { file: `${root}/jail.conf`, line: 5 } },
        { section: "j", text: "%(known/bantime)s 3s", origin: { file: `${root}/jail.local`, line: 2 } },
      ],
    });
    expect(explainOption(configuration, "j", "findtime")?.problem).toMatch(/refers to %\(gone\)s/);
    expect(explainOption(configuration, "j", "backend")).toEqual({ value: "auto", chain: [] });
    expect(explainOption(configuration, "Definition", "loglevel")?.value).toBe("INFO");
    expect(explainOption(configuration, "none", "x")).toBeUndefined();
    rmSync(root, { recursive: true });
  });
});
