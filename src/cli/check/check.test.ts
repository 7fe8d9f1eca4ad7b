import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runClient } from "../client";
import { runCheck } from ".";
import { workedMs } from "./time-limit";

const SHIPPED = resolve(import.meta.dirname, "../../../config");
const FILTER = "[Definition]\nfailregex = ^bad <HOST>$\n";
const JAIL = "[DEFAULT]\naction = a\n[j]\nenabled = true\nfilter = f\nlogpath = {ROOT}/x.log\n";
const BASE = {
  "fail2ban.conf": "[Definition]\n",
  "filter.d/f.conf": FILTER,
  "action.d/a.conf": "[Definition]\nactionban = true\n",
  "jail.conf": JAIL,
  "x.log": "",
};

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "check-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries({ ...BASE, ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text.replaceAll("{ROOT}", root));
  }
}

function check(files: Readonly<Record<string, string>>, json = false): { status: number; lines: string[] } {
  write(files);
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => {}, unicode: true };
  const status = runCheck({ directory: root, json }, io);
  return { status, lines: out.replaceAll(`${root}/`, "").split("\n").slice(0, -1) };
}

/** The problems of a jail with more options, without the summary. */
function ofJail(options: string, files: Readonly<Record<string, string>> = {}): string[] {
  return check({ ...files, "jail.local": `[j]\n${options}\n` }).lines.slice(0, -1);
}

describe("runCheck", () => {
  it("has nothing to say about a good tree, and gives 0", () => {
    expect(check({})).toEqual({ status: 0, lines: [`${root}: nothing is wrong (1 jail enabled)`] });
  });

  it("gives 1 for warnings only and 2 for errors, and counts them", () => {
    const warned = check({ "jail.local": "[j]\nusedns = perhaps\n" });
    expect(warned.status).toBe(1);
    expect(warned.lines.at(-1)).toContain(": 1 warning (");
    const failed = check({ "jail.local": "[j]\nusedns = perhaps\nbantime = x\nfindtime = y\n" });
    expect(failed.status).toBe(2);
    expect(failed.lines.at(-1)).toContain(": 2 errors, 1 warning (");
  });

  it("writes JSON with the same facts", () => {
    const { status, lines } = check({ "jail.local": "[j]\nbantime = x\n" }, true);
    expect(status).toBe(2);
    expect(JSON.parse(lines.join("\n"))).toEqual([
      {
        severity: "error",
        file: "jail.local",
        line: 2,
        jail: "j",
        message: expect.stringContaining("bantime = x is no time") as string,
      },
    ]);
    expect(JSON.parse(check({ "jail.local": "" }, true).lines.join("\n"))).toEqual([]);
  });

  it("tells of a folder that is not there", () => {
    let out = "";
    const io = { out: (text: string) => void (out += text), err: () => {}, unicode: true };
    expect(runCheck({ directory: join(root, "none"), json: false }, io)).toBe(2);
    expect(out).toContain("does not exist");
  });

  it("tells every broken regex of a filter, each at its own line, through includes", () => {
    const { lines } = check({
      "filter.d/part.conf": "[DEFAULT]\npart = ^worse (<HOST>$\n",
      "filter.d/f.conf":
        "[INCLUDES]\nbefore = part.conf\n[Definition]\nfailregex = ^bad <HOST>$\n  %(part)s\n  # note\n  ^nobody$\n  ^(?P<ip4>a)(?P<ip4>b)$\nignoreregex = ^[x\nprefregex = ^(?:a\n  b))<F-CONTENT>.*</F-CONTENT>$\n",
    });
    expect(
      lines.filter((line) => line.includes(": error: ")).map((line) => line.replace(/ at '.*/, "")),
    ).toEqual([
      'filter.d/f.conf:11: error: jail "j": prefregex does not compile: unbalanced parenthesis',
      'filter.d/part.conf:2: error: jail "j": failregex does not compile: missing ), unterminated subpattern',
      'filter.d/f.conf:7: error: jail "j": failregex has no offender: put <HOST>, <ADDR> or <F-ID>…</F-ID> where the address stands',
      expect.stringContaining(
        'filter.d/f.conf:8: error: jail "j": failregex does not compile: redefinition',
      ) as string,
      'filter.d/f.conf:9: error: jail "j": ignoreregex does not compile: unterminated character set',
    ]);
  });

  it("does not blame a failregex for an offender that a broken prefregex names", () => {
    const definition = "[Definition]\nprefregex = ^(<HOST> <F-CONTENT>.*</F-CONTENT>$\nfailregex = ^x$\n";
    expect(check({ "filter.d/f.conf": definition }).lines.join("\n")).not.toContain("no offender");
  });

  it.each([
    ["bantime = 10q", "bantime = 10q is no time"],
    ["findtime = 1h)", "findtime = 1h) is no time"],
    ["findtime = 0", "looks back no time at all"],
    ["findtime = 2d", "findtime is 2d, but bans are remembered for 1d only"],
    ["maxretry = many", 'option "maxretry" is not a whole number: "many"'],
    ["maxretry = 0", "every failure bans"],
    ["bantime.increment = 1\nbantime.factor = abc", 'bantime.factor = abc: name "abc" is not defined'],
    ["bantime.increment = 1\nbantime.formula = ban.Tame * 2", "bantime.formula = ban.Tame"],
    ["bantime.maxtime = soon", "of no effect while bantime.increment is off"],
    ["usedns = perhaps", 'usedns = perhaps is not known and counts as "no"'],
    ["datepattern = %%Y-%%m-%%d\n   %%Q", "datepattern cannot be used"],
    ["logtimezone = Mars", "logtimezone = Mars is not known"],
    ["logencoding = klingon", "logencoding = klingon is not known"],
    ["backend = gone", "Unknown backend gone"],
    ["logpath = /nonexistent/x.log", "no log file matches /nonexistent/x.log"],
    ["action = gone", "there is no action.d/gone.conf"],
    ["bantme = 3", 'is "bantime" meant?'],
    [
      "dbfile = /x",
      'option "dbfile" has no effect in [j] here; it belongs into [Definition] of fail2ban.local',
    ],
    ["actionban = x", "it belongs into [Definition] of an action"],
    ["ignoreip = 192.0.2.0/24\n  192.0.2.7", "ignoreip 192.0.2.7 is covered by 192.0.2.0/24 already"],
    ["ignoreip = ::1 192.0.2.1, ::1", "ignoreip ::1 is there twice"],
    ["ignoreip = file:/nonexistent/list", "ignoreip file:/nonexistent/list: there is no such file"],
    ["ignoreip = 192.0.2.0/33", "neither an address nor a network"],
  ])("%j is told", (options, message) => {
    const lines = ofJail(options);
    expect(lines.join("\n")).toContain(message);
    expect(lines.every((line) => /^jail\.local:[2-4]: /.test(line))).toBe(true);
  });

  it("tells settings with which a firewall could not be started", () => {
    const wall = "[Definition]\nactionban = true\n[Init]\nnative = nftables\nport = ssh\nprotocol = tcp\n";
    const files = { "action.d/wall.conf": wall };
    expect(ofJail("action = wall[chain_hook=forward, cut=ss]", files)).toEqual([]);
    expect(ofJail("action = wall[cut=yes]", files)).toEqual([
      'jail.local:2: error: jail "j": action "wall" cannot start: cut cannot be "yes"; known are no, ss, conntrack',
    ]);
    expect(ofJail("action = wall[chain_hook=output]", files)).toEqual([
      expect.stringContaining('chain_hook cannot be "output"') as string,
    ]);
  });

  it("names the line of a list or value of several lines", () => {
    expect(ofJail("ignoreip = 192.0.2.0/24\n  192.0.2.7")[0]).toMatch(/^jail\.local:3: /);
    expect(ofJail("datepattern = %%Y-%%m-%%d\n   %%Q")[0]).toMatch(/^jail\.local:3: /);
  });

  it("goes on looking after a command that the daemon would refuse", () => {
    const text = ofJail("backend = gone\nusedns = perhaps\nbantime = x\nfailregex = ^(<HOST>").join("\n");
    for (const message of ["Unknown backend", "usedns = perhaps", "bantime = x", "does not compile"]) {
      expect(text).toContain(message);
    }
  });

  it("tells options and sections in the wrong place", () => {
    const { lines } = check({
      "fail2ban.conf": "[Definition]\nmaxretry = 3\n[definition]\nloglevel = INFO\n",
      "jail.conf": `${JAIL.replace("action", "failregex = ^x <HOST>$\naction")}[Definition]\nx = 1\n`,
      "action.d/a.conf": "[Definition]\nactionban = true\ntimeout = 5\n",
      "filter.d/f.conf": `${FILTER}findtime = 3\n[Inot]\nx = 1\n`,
    });
    const text = lines.join("\n");
    for (const message of [
      'fail2ban.conf:2: warning: option "maxretry" has no effect in [Definition] here; it belongs into a jail',
      "fail2ban.conf:4: warning: fail2ban.conf: section [definition] is not known and has no effect; is [Definition] meant?",
      'jail.conf:2: warning: option "failregex" in [DEFAULT] takes the place of every jail\'s own',
      "section [Definition] is none of a jail configuration",
      'action.d/a.conf:3: warning: jail "j": option of action a "timeout" has no effect in [Definition] here; it belongs into [Init]',
      'filter.d/f.conf:3: warning: jail "j": option of filter f "findtime" has no effect',
      "section [Inot] is not known and has no effect; is [Init] meant?",
    ]) {
      expect(text).toContain(message);
    }
  });

  it("tells one cause in many jails once", () => {
    const { lines } = check({
      "jail.local":
        "[DEFAULT]\nbantime = x\n[k]\nenabled=1\nfilter=f[a=1]\nlogpath={ROOT}/x.log\n[l]\nenabled=1\nfilter=f\nlogpath={ROOT}/x.log\n",
    });
    const causes = lines.filter((line) => line.includes("bantime"));
    expect(causes).toEqual([expect.stringMatching(/^jail\.local:2: error: .*\(3 jails: j, k, l\)$/)]);
    expect(lines.join("\n")).toContain('looks for the same in the same logs as jail "j"');
  });

  it("warns of long names and of files that anybody may write", () => {
    write({});
    chmodSync(join(root, "action.d/a.conf"), 0o666);
    const { lines } = check({ "jail.local": "[a-name-of-twenty-six-chars]\nenabled = 1\nfilter = f\n" });
    expect(lines.join("\n")).toContain("iptables chains called f2b-");
    expect(lines.join("\n")).toContain("action.d/a.conf:1: warning: anybody on this machine can write here");
  });

  it("shows the line by which a filter can be tricked, and passes a filter that cannot", () => {
    const prefix = "prefregex = ^(?P<mlfid>\\S+ )?prog: <F-CONTENT>.+</F-CONTENT>$\n";
    const tricked = `[Definition]\n${prefix}failregex = ^no user <F-USER>.*?</F-USER> from <HOST>\n`;
    expect(ofJail("", { "filter.d/f.conf": tricked })).toEqual([
      'filter.d/f.conf:3: warning: jail "j": failregex can be tricked: <F-USER> of an attacker can move the offender; ' +
        "this line of 203.0.113.9 accuses 192.0.2.77: 'prog: no user x from 192.0.2.77 from 203.0.113.9'",
    ]);
    expect(ofJail("", { "filter.d/f.conf": tricked.replace("<HOST>", "<HOST>$") })).toEqual([]);
    // The ignoreregex, or an earlier failregex, may speak against such a line.
    const guarded = `${tricked}ignoreregex = user x from \\S+ from\n`;
    expect(ofJail("", { "filter.d/f.conf": guarded })).toEqual([]);
  });

  it("shows on which line a regex explodes, in bounded time", () => {
    const start = workedMs();
    const lines = ofJail("", { "filter.d/f.conf": "[Definition]\nfailregex = ^<HOST> (?:\\w+\\s?)*$\n" });
    expect(lines[0]).toMatch(/failregex can explode: a line of \d+ characters .*60 times 'x'$/);
    expect(workedMs() - start).toBeLessThan(3000);
  });

  it("shows on which line a regex takes the cube of the length", () => {
    const lines = ofJail("", { "filter.d/f.conf": "[Definition]\nfailregex = ^<HOST> .*\\S*.*x$\n" });
    expect(lines[0]).toMatch(/failregex can become slow: a line of 2\d+ characters .*2000 times '.'$/);
  });

  it("comes to an end when the lines made to trick a regex keep it busy", () => {
    const start = performance.now();
    const words = "(?:\\w+[ .]?)*";
    const lines = ofJail("", {
      "filter.d/f.conf": `[Definition]\nfailregex = ^(?:\\w\\w?)*.*? by <ADDR> ${"x".repeat(60)} ${words}$\n  ^no .* from <ADDR>$\n`,
    });
    expect(lines.join("\n")).toContain("failregex can explode");
    expect(performance.now() - start).toBeLessThan(8000);
  });

  it.each(["normal", "ddos", "extra", "aggressive"])(
    "finds nothing against our own filters, sshd in mode %s",
    (mode) => {
      cpSync(SHIPPED, root, { recursive: true });
      writeFileSync(join(root, "x.log"), "");
      const publickeys = ["nofail", "invalid", "any", "ignore"].map(
        (key) =>
          `[s-${key}]\nenabled=1\nfilter=sshd[mode=${mode}, publickey=${key}]\nlogpath=${root}/x.log\n`,
      );
      const others = readdirSync(join(SHIPPED, "filter.d"))
        .filter((name) => name.endsWith(".conf") && !name.includes("common"))
        .map((name) => `[f-${name}]\nenabled=1\nfilter=${name.slice(0, -5)}\nlogpath=${root}/x.log\n`);
      writeFileSync(join(root, "jail.local"), [...publickeys, ...others].join(""));
      let out = "";
      const io = { out: (text: string) => void (out += text), err: () => {}, unicode: true };
      runCheck({ directory: root, json: false }, io);
      expect(out).not.toMatch(/can be tricked|can explode|can become slow|not tried|: error: /);
      expect(out).toMatch(/\(\d+ jails enabled\)/);
    },
  );
});

/**
 * Holes of filters of the past that are published, as the same mistake in words of our own: what an attacker wrote, what
 * was wrong with the regex, and how it is mended.
 */
describe("published holes", () => {
  it.each([
    [
      "CVE-2006-6302: a user name in sshd's log, and nothing at the end",
      "sshd\\[\\d+\\]: Failed password for .*? from <HOST>",
      "^\\S+ sshd\\[\\d+\\]: Failed password for .* from <HOST> port \\d+ ssh2$",
    ],
    [
      "CVE-2007-4321: the version a client of sshd says it has",
      "sshd\\[\\d+\\]: Bad protocol version identification '.*?' from <HOST>",
      "^\\S+ sshd\\[\\d+\\]: Bad protocol version identification '.*' from <HOST> port \\d+$",
    ],
    [
      "CVE-2009-0362: a host name that has the words of the log in it",
      "wu-ftpd(?:\\[\\d+\\])?: .* authentication failure.*? rhost=<HOST>",
      "^\\S+ wu-ftpd\\[\\d+\\]: authentication failure; logname= uid=\\d+ rhost=<HOST>$",
    ],
    [
      "CVE-2013-2178: an address of the web in Apache's log of errors",
      "\\[client <HOST>\\] File does not exist: .*",
      "^\\[error\\] \\[client <HOST>\\] File does not exist: .*$",
    ],
    [
      "CVE-2013-7176: an address of mail in Postfix's log",
      "NOQUEUE: reject: RCPT from .*?\\[<HOST>\\]: 554 .*",
      "^\\S+ postfix/smtpd\\[\\d+\\]: NOQUEUE: reject: RCPT from [^\\s\\[]*\\[<HOST>\\]: 554 .*$",
    ],
  ])("%s", (_, open, mended) => {
    const filter = (regex: string) => ({ "filter.d/f.conf": `[Definition]\nfailregex = ${regex}\n` });
    expect(ofJail("", filter(open))).toEqual([
      expect.stringMatching(
        /^filter\.d\/f\.conf:2: warning: .*can be tricked.* accuses 192\.0\.2\.77/,
      ) as string,
    ]);
    expect(ofJail("", filter(mended))).toEqual([]);
  });
});

describe("fail2ban-client -t", () => {
  const test = async (files: Readonly<Record<string, string>>) => {
    write(files);
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      unicode: true,
    };
    const defaults = { program: "fail2ban-client", conf: root, server: "/nonexistent" };
    return { status: await runClient(["-t"], io, defaults), out, err };
  };

  it("tells what a regex is wrong with and ends in fail2ban's words", async () => {
    const { status, out, err } = await test({ "jail.local": "[j]\nfailregex = ^(<HOST>\n" });
    expect({ status, out }).toEqual({ status: 255, out: "" });
    expect(err).toMatch(/ERROR {3}\S+jail\.local:2: jail "j": failregex does not compile: /);
    expect(err).toMatch(/ERROR {3}ERROR: test configuration failed\n$/);
  });

  it("is content with warnings", async () => {
    const { status, out, err } = await test({ "jail.local": "[j]\nusedns = perhaps\n" });
    expect({ status, out }).toEqual({ status: 0, out: "OK: configuration test is successful\n" });
    expect(err).toContain("usedns = perhaps");
  });
});
