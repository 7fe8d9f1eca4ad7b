/**
 * The shipped actions in both hands: the original engine and warder call the same tools with the same words, whatever
 * the texts of logs, name servers and whois say; and they take the parameters of the stock actions of the same name.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseOffender, type Ban } from "../../src/model";
import type { Step } from "./action-oracle.testing";
import { isOracleHere } from "./config-oracle.testing";
import { compileActions } from "./stock-actions.testing";
import {
  compileHere,
  LEFT_BEHIND,
  lineOf,
  listActions,
  runHere,
  runThere,
  StubFolder,
  TREE,
  type ToolCall,
} from "./tree-actions.testing";

const canRun = isOracleHere();

const ACTIONS = listActions(TREE).filter((name) => !name.startsWith("warder-"));

const HOSTILE_LINES = [
  "it's $(touch canary) `touch canary` \"; touch canary; \" '; touch canary; '",
  "~!touch canary",
  ".",
  "-e $(touch canary) 100%s %n \\n \\044(touch canary) ${IFS} a\tb\x07\x1b[31m * ? [a] ~ <ip> <matches>",
];

function banOf(id: string): Ban {
  const [first = "", ...others] = HOSTILE_LINES;
  const matches = [["host sshd[7]: ", "Nov 21 00:40:13", ` ${first} from ${id}`] as const, ...others];
  const groups = new Map([["user", "$(touch canary)"]]);
  const data = { matches, failures: 5, groups };
  const base = { jail: "demo", time: 1795221613.5, bantime: 600, bancount: 1, restored: false, data };
  return { ...base, offender: parseOffender(id) };
}

const V4 = "198.51.100.9";
const V6 = "2001:db8::9";
const ATTACK_LOG = `${HOSTILE_LINES.map((line) => `${line} ${V4} ${V6}`).join("\n")}\n~!touch canary ${V4}\n.\n`;
const lifeOf = (...ids: readonly string[]): readonly Step[] => [
  { operation: "start" },
  ...ids.map((id) => ({ operation: "ban", ban: banOf(id) }) as const),
  ...ids.map((id) => ({ operation: "unban", ban: banOf(id) }) as const),
  { operation: "flush" },
  { operation: "stop" },
];
const LIFE = lifeOf(V4, V6);
const STOPPED = LIFE.length - 1;

const stubs = new StubFolder();
afterAll(() => {
  stubs.close();
});

describe.skipIf(!canRun)("the shipped actions", () => {
  const lines = ACTIONS.map(lineOf);
  const ours = canRun ? compileHere(lines) : [];
  const theirs = canRun ? compileActions(lines, TREE) : [];

  it("are read alike", () => {
    expect(ours.map(({ name }) => name)).toEqual(ACTIONS);
    expect(theirs.map(({ name }) => name)).toEqual(ACTIONS);
    for (const [i, spec] of theirs.entries()) {
      const ofOurs = ours[i]?.properties;
      const differing = [...spec.properties].filter(
        ([name, value]) => String(ofOurs?.get(name)) !== String(value),
      );
      expect([spec.name, differing]).toEqual([spec.name, []]);
    }
  });

  const there = stubs.open("there", ATTACK_LOG);
  const original = canRun ? runThere(theirs, LIFE, { folder: there, path: stubs.path }) : undefined;

  it.each(ACTIONS.map((name, i) => [name, i] as const))("%s calls the same tools", async (name, i) => {
    const folder = stubs.open(`here-${name}`, ATTACK_LOG);
    const { calls, errors } = await runHere(ours[i]!, LIFE, {
      folder,
      path: stubs.path,
      names: original!.names,
    });
    expect(errors).toEqual([]);
    expect(calls.flat()).toEqual(original?.calls[i]);
    expect(readdirSync(folder).filter((file) => !LEFT_BEHIND.test(file))).toEqual([]);
    const banned = calls.slice(0, STOPPED).flat();
    for (const id of addressesOf(name)) {
      expect([id, findAddress(banned, id)]).toEqual([id, true]);
    }
  });

  it("leave nothing behind in the hands of the original but what they gather", () => {
    expect(readdirSync(there).filter((file) => !LEFT_BEHIND.test(file))).toEqual([]);
  });
});

/** Which addresses must be found in calls: all, but for actions that write files alone. */
function addressesOf(name: string): readonly string[] {
  return /^(?:observe|dummy|hostsdeny|nginx-block-map|iptables-xt_recent-echo|nsupdate)$/.test(name)
    ? []
    : [V4, V6];
}

/** Whether a call has the address in one piece. */
function findAddress(calls: readonly ToolCall[], id: string): boolean {
  const whole = new RegExp(`(?<![\\w.:])${id.replaceAll(".", "\\.")}(?![\\w.:])`);
  return calls.some(({ args, input }) => args.some((word) => whole.test(word)) || whole.test(input));
}

const HOSTILE_IDS = [
  "$(touch canary)",
  "`touch canary`",
  "'; touch canary; '",
  '"; touch canary; "',
  "192.0.2.77 }; flush ruleset; add table x {",
  "192.0.2.77 -j ACCEPT",
  "192.0.2.77\ntouch canary",
  "x\nBcc: victim@example.com\n\n.\n",
  "~!touch canary",
  "-rf",
  "--help",
  "a b\\c*?[x]",
  "${IFS}touch${IFS}canary",
  "@/etc/passwd",
  "facade.de",
  "1.2.3.c0ffee.de",
  "é % \\044(touch canary) !x",
];
/** Those that have a use for ids that are no addresses. */
const FOR_ANY_ID = /^(?:apprise|dummy|mail.*|sendmail.*|nginx-block-map)$/;

describe.skipIf(!canRun)("ids that are no addresses", () => {
  const names = ACTIONS.filter((name) => name !== "observe");
  const ours = canRun ? compileHere(names.map(lineOf)) : [];
  const life = lifeOf(...HOSTILE_IDS);
  const there = stubs.open("there-hostile", ATTACK_LOG);
  const original = canRun
    ? runThere(
        compileActions(names.map(lineOf), TREE),
        lifeOf(...HOSTILE_IDS.filter((_, i) => i % 3 === 0)),
        { folder: there, path: stubs.path },
      )
    : undefined;

  it("are nothing but text to the original either", () => {
    expect(readdirSync(there).filter((file) => !LEFT_BEHIND.test(file))).toEqual([]);
    for (const [i, calls] of original!.calls.entries()) {
      expect(judgeHostile(names[i]!, calls)).toEqual([]);
    }
  });

  it.each(names.map((name, i) => [name, i] as const))("%s", async (name, i) => {
    const folder = stubs.open(`hostile-${name}`, ATTACK_LOG);
    const { calls } = await runHere(ours[i]!, life, { folder, path: stubs.path, names: original!.names });
    expect(readdirSync(folder).filter((file) => !LEFT_BEHIND.test(file))).toEqual([]);
    expect(judgeHostile(name, calls.flat())).toEqual([]);
  });
});

/** What is wrong with calls about hostile ids: they must not be there at all, or be one word or lines of a text. */
function judgeHostile(name: string, calls: readonly ToolCall[]): readonly string[] {
  if (!FOR_ANY_ID.test(name)) {
    const traces = /canary|ruleset|ACCEPT|-rf|--help|passwd|victim|IFS|\.de\b/;
    return calls.filter(({ args, input }) => traces.test([...args, input].join(" "))).map(showCall);
  }
  const commands = calls.filter(({ tool }) => /^(?:send)?mail$/.test(tool));
  const bad = commands.filter(({ tool, args, input }) => {
    const head = input.slice(0, input.indexOf("\n\n"));
    return tool === "mail"
      ? /^[~.]/m.test(input) || args.length !== 3 || /\n/.test(args[1] ?? "")
      : args.length > 1 || /^(?:Bcc|\.)/m.test(head) || head.split("\n").length !== 8;
  });
  return bad.map(showCall);
}

const showCall = ({ tool, args, input }: ToolCall): string => JSON.stringify([tool, ...args, input]);

describe.skipIf(!canRun)("the stock actions of the same names", () => {
  const stock = canRun ? listActions("/etc/fail2ban") : [];

  it("are all here", () => {
    expect(stock.filter((name) => !ACTIONS.includes(name))).toEqual([]);
    expect(ACTIONS).toEqual(expect.arrayContaining(["csf", "mikrotik"]));
  });

  it("take no parameter that ours do not know", () => {
    const known = JSON.parse(
      execFileSync("/usr/bin/python3", ["-c", PARAMETERS, "/etc/fail2ban", TREE], { encoding: "utf8" }),
    ) as Readonly<Record<string, readonly [stock: readonly string[], ours: readonly string[]]>>;
    const unknown = Object.entries(known).map(([name, [theirs, ours]]) => [
      name,
      theirs.filter((parameter) => !ours.includes(parameter) && !INNER_PARTS.test(parameter)),
    ]);
    expect(unknown.filter(([, parameters]) => parameters?.length)).toEqual([]);
    expect(unknown.length).toBeGreaterThan(60);
  });

  it("call no tool that ours do without", () => {
    const names = stock.filter(
      (name) => !/^(?:ipfilter|npf|osx-afctl|symbiosis.*|.*xt_recent.*)$/.test(name),
    );
    const run = (tree: string): readonly (readonly ToolCall[])[] => {
      const folder = stubs.open("stock", ATTACK_LOG);
      return runThere(compileActions(names.map(lineOf), tree), LIFE, { folder, path: stubs.path }).calls;
    };
    const [theirs, ours] = [run("/etc/fail2ban"), run(TREE)];
    const missing = names.flatMap((name, i) =>
      [...new Set(theirs[i]?.map(({ tool }) => tool))]
        .filter((tool) => !ours[i]?.some((call) => call.tool === tool))
        .map((tool) => `${name}: ${tool}`),
    );
    // geoiplookup6 is for IPv6, for which the stock action calls geoiplookup; wget or curl are the user's choice.
    expect(missing).toEqual(["mynetwatchman: wget"]);
  });
});

/** Parts of the stock files that are no parameters, though an argument could replace them. Ours name the family alone. */
const INNER_PARTS = /^(?:_.*|rule-jump|rule_match-(?:allports|multiport)|familyopt|firewalld_familyopt)$/;

const PARAMETERS = `
import glob, json, logging, os, sys
sys.path.insert(0, "/usr/lib/python3/dist-packages")
logging.disable(50)
from fail2ban.client.actionreader import ActionReader
def parameters(base, name):
    reader = ActionReader(name, "demo", {}, basedir=base)
    reader.read()
    found = [o for s in ("Definition", "Init") if reader.has_section(s) for o in reader.options(s)]
    return sorted({o.split("?")[0] for o in found if not o.startswith("action")} | ({"actiontype"} & set(found)))
names = [os.path.basename(f)[:-5] for f in glob.glob(sys.argv[1] + "/action.d/*.conf")]
print(json.dumps({n: [parameters(sys.argv[1], n), parameters(sys.argv[2], n)] for n in names}))
`;

describe("actions that write files", () => {
  /** Bans all, and unbans all but the last `kept`. */
  const files = (name: string, ids: readonly string[], kept: number): Promise<string> => {
    const folder = stubs.open(`file-${name}`, ATTACK_LOG);
    const steps = lifeOf(...ids).slice(0, -2 - kept);
    const [spec] = compileHere([lineOf(name)]);
    const names = { full: "host.example", short: "host" };
    return runHere(spec!, steps, { folder, path: stubs.path, names }).then(() => folder);
  };

  it("hostsdeny writes a line for each address and takes only that away", async () => {
    const folder = await files("hostsdeny", [V4, V6, V4, "2001:db8:7::/48", "192.0.2.8"], 2);
    expect(readFileSync(join(folder, "hosts.deny"), "utf8")).toBe("ALL: [2001:db8:7::]/48\nALL: 192.0.2.8\n");
  });

  it("nginx-block-map keeps every id on one line, in quotes that it cannot leave", async () => {
    const ids = ["plain", 'a"b', "a\\b", "~^x$", "$(touch canary)", "x; } server { ", "no\nline", "last"];
    const folder = await files("nginx-block-map", ids, 1);
    expect(readFileSync(join(folder, "blacklisted-sessions.map"), "utf8")).toBe('"\\\\last" 1;\n');
    expect(existsSync(join(folder, "canary"))).toBe(false);
  });
});

describe("what goes out by mail", () => {
  const names = { full: "host.example", short: "host" };
  const mailsOf = async (line: string): Promise<readonly ToolCall[]> => {
    const folder = stubs.open("mail", ATTACK_LOG);
    const [spec] = compileHere([line]);
    const ban = { operation: "ban", ban: banOf(V4) } as const;
    const { calls, errors } = await runHere(spec!, [ban], { folder, path: stubs.path, names });
    expect([errors, existsSync(join(folder, "canary"))]).toEqual([[], false]);
    return calls.flat().filter(({ tool }) => tool.endsWith("mail"));
  };

  it("are the lines of all logs that name the address, without what steers terminals", async () => {
    writeFileSync(join(stubs.root, "second.log"), `no match\nsecond ${V4}\nnear 198.51.100.90\n`);
    const logs = 'logpath="attack.log\n ../second.log tail\n none.log"';
    const [mail] = await mailsOf(`sendmail-whois-lines[mailcmd=sendmail, ${logs}]`);
    expect(mail?.input).toMatch(/^Subject: \[Fail2Ban\] demo: banned 198\.51\.100\.9 from host\.example\n/);
    expect(mail?.input).toContain("\nnetname: EXAMPLE\n");
    expect(mail?.input).toContain(`\n${HOSTILE_LINES[0]} ${V4} ${V6}\n`);
    expect(mail?.input).toContain(`\tb[31m * ? [a] ~ <ip> <matches> ${V4} ${V6}\n`);
    expect(mail?.input).toMatch(/\nsecond 198\.51\.100\.9\n$/);
    expect(mail?.input).not.toMatch(/no match|near|\u001b|\u0007/);
  });

  it.each(["matches", "ipmatches", "ipjailmatches"])("are the kept lines: %s", async (kind) => {
    const [mail] = await mailsOf(`sendmail-whois-${kind}[mailcmd=sendmail]`);
    expect(mail?.input).toContain(`Nov 21 00:40:13 ${HOSTILE_LINES[0]} from ${V4}\n~!touch canary\n.\n-e `);
  });

  it("is nothing that mail(1) could take for a command", async () => {
    const [mail] = await mailsOf('mail-whois-lines[logpath=attack.log, dest="root you@example.com"]');
    expect(mail?.args.slice(2)).toEqual(["root", "you@example.com"]);
    expect(mail?.input).toContain("\n ~!touch canary\n .\nnetname: EXAMPLE\n");
    expect(mail?.input).not.toMatch(/^[~.]/m);
  });

  it.each(["complain[logpath=attack.log]", "xarf-login-attack[mailcmd=sendmail, logpath=attack.log]"])(
    "goes to nobody but addresses of mail: %s",
    async (line) => {
      const [mail, ...others] = await mailsOf(line);
      expect(mail?.args.slice(-2)).toEqual(["abuse@example.net", "second@example.net"]);
      expect([others, mail?.input.includes(`${HOSTILE_LINES[0]} ${V4}`)]).toEqual([[], true]);
      expect(mail?.args.join(" ")).not.toMatch(/example\.org/);
    },
  );
});
