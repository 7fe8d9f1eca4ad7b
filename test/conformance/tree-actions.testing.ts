import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBanTarget, ShellAction, type ActionContext, type ActionOutcome } from "../../src/action";
import { readConfiguration } from "../../src/config";
import type { ActionSpec, ActionValue } from "../../src/model";
import { createShellRunner } from "../../src/platform";
import { askOracle, type Step } from "./action-oracle.testing";

export const TREE = join(import.meta.dirname, "../../config");

/** How a tool was called, with what came in by a pipe where it reads that. */
export interface ToolCall {
  readonly tool: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** The names of all actions of a tree. */
export function listActions(tree: string): readonly string[] {
  return readdirSync(join(tree, "action.d"))
    .filter((file) => file.endsWith(".conf") && !file.endsWith("-common.conf"))
    .map((file) => file.slice(0, -".conf".length))
    .sort();
}

/** So that nothing outside the folder is touched; the same words for stock actions of these names. */
const ARGUMENTS: readonly (readonly [name: RegExp, args: string])[] = [
  [/^(?:sendmail|warder-mail)/, "mailcmd=sendmail, sender=me@example.com, dest=you@example.com"],
  [/^xarf/, "mailcmd=sendmail, service=demo, sender=me@example.com"],
  [/(lines|complain|xarf.*)$/, "logpath=attack.log"],
  [/buffered$/, "tmpfile=gathered, lines=2"],
  [/^dshield$/, "tmpfile=gathered, lines=2, minreportinterval=0"],
  [/^mynetwatchman$/, "tmpfile=gathered"],
  [/^dummy$/, "target=dummy"],
  [/^hostsdeny$/, "file=hosts.deny"],
  [/^bsd-ipfw$/, "startstatefile=state, port=22"],
  [/^nsupdate$/, "nsupdatecmd=nsupdate, domain=bl.example.net, keyfile=key"],
  [/^nginx/, "srv_cfg_path=., srv_pid=attack.log"],
  [/^cloudflare/, "cftoken=t, cfuser=u, cfzone=z"],
  [/^netscaler$/, "ns_host=h, ns_auth=a, ns_dataset=d"],
  [/^blocklist_de$/, "email=me@example.com, service=ssh, apikey=k, agent=x"],
  [/^abuseipdb$/, 'abuseipdb_apikey=k, abuseipdb_category="18,22", comment="<matches>"'],
  [/^ufw$/, "application=OpenSSH, kill-mode=ss"],
  [/^symbiosis/, "folder=."],
  [/xt_recent/, "recent=."],
  [/^ipfilter$/, "ipf=ipf"],
  [/^npf$/, "npfctl=npfctl"],
  [/^osx-afctl$/, "afctl=afctl"],
  [/^mikrotik$/, "host=router.example.net"],
  [/^(?:iptables|nftables|firewallcmd|pf)/, 'port="ssh,8000:8010"'],
];
/** An action with arguments for these tests, as `action = …` names it. */
export function lineOf(name: string): string {
  const args = ARGUMENTS.filter(([pattern]) => pattern.test(name)).map(([, text]) => text);
  // A port and its range are too much for this one.
  return `${name}[${(name === "iptables" ? ["port=ssh"] : args).join(", ")}]`;
}

/** What files actions may leave behind in these tests. */
export const LEFT_BEHIND =
  /^(attack\.log|blacklisted-sessions\.map|dummy|f2b-demo6?|gathered(\.\w+)?|hosts\.deny|state)$/;

/** The tools of all shipped actions. */
const TOOLS =
  "nft iptables ip6tables ipset firewall-cmd ufw ss conntrack shorewall shorewall6 pfctl ipfw ipf npfctl afctl ip apf csf " +
  "curl ssh nsupdate nginx dig whois geoiplookup geoiplookup6 mail sendmail apprise wget";

/** Writes down how it was called, and answers what the tool would when all is well. */
const STUB = String.raw`#!/bin/sh
tool=${"$"}{0##*/}
input=
case "$tool $*" in
"mail "*|"sendmail "*|"nsupdate "*|"apprise "*|"pfctl "*" -f -"|"pfctl "*" -f-"|"ipf "*"-f -") input=$(cat; echo .); input=${"$"}{input%.};;
esac
{ printf '%s' "$tool"; for word in "$@"; do printf '\036%s' "$word"; done; printf '\037%s\035' "$input"; } >>calls
for last in "$@"; do :; done
case "$tool $*" in
"ipf -V") echo 'Running: yes';;
ip*tables*" -C "*) exit 1;;
ip*tables*" -S "*)
  printf -- '-A %s -j f2b-demo\n' "$last"
  printf -- '-A %s -m set --match-set f2b-demo src -j REJECT\n' "$last"
  printf -- '-A %s -m set --match-set f2b-demo6 src -j REJECT\n' "$last";;
"nft list chain "*) echo 'ip saddr @addr-set-demo reject'; echo 'ip6 saddr @addr6-set-demo reject';;
"ipfw list"*) [ ! -e rules ] || cat rules;;
"ip -4 -o route get "*) echo '192.0.2.1 via 203.0.113.1 dev eth0 src 203.0.113.5 uid 0';;
"dig "*) echo '"abuse@example.net,-x@example.org" "$(touch canary)@example.org,second@example.net"';;
"whois "*) printf '~!touch canary\n.\nnetname: EXAMPLE\n';;
"wget "*) echo 'Attack Report Insert Successful';;
"geoiplookup"*) echo 'GeoIP Country Edition: ZZ, Nowhere';;
"curl "*http_code*) printf 200;;
"curl "*cloudflare*) echo '{"success": true, "result": [{"id": "0123456789abcdef", "scope": {"id": "ffff"}}]}';;
esac
`;
const DATE = `#!/bin/sh
case "$*" in *%s*) echo 1795221700;; *%T*|*%H*) echo 'Sat, 21 Nov 2026 00:41:40 +0000';; *) echo +0000;; esac
`;
const RANDOM = "#!/bin/sh\necho ' 00 11 22'\n";

/** Compiles action lines of a tree with warder. Throws when one has an error. */
export function compileHere(lines: readonly string[], tree = TREE): readonly ActionSpec[] {
  const folder = mkdtempSync(join(tmpdir(), "tree-actions-"));
  try {
    for (const entry of ["action.d", "filter.d", "fail2ban.conf", "paths-common.conf"]) {
      symlinkSync(join(tree, entry), join(folder, entry));
    }
    writeFileSync(join(folder, "log"), "");
    const jail = "[demo]\nenabled = true\nbackend = polling\nfilter = sshd\n";
    writeFileSync(
      join(folder, "jail.conf"),
      `${jail}logpath = ${folder}/log\naction = ${lines.join("\n  ")}\n`,
    );
    const { stream, problems } = readConfiguration({ directory: folder, version: "1.0.2" });
    const wrong = problems.find(({ severity }) => severity === "error");
    if (wrong) {
      throw new Error(wrong.message);
    }
    return stream
      .filter(({ command }) => command[0] === "multi-set" && command[2] === "action")
      .map(({ command }) => ({
        name: command[3] as string,
        properties: new Map(command[4] as unknown as [string, ActionValue][]),
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder to run in, with the stubs. */
export class StubFolder {
  readonly root = mkdtempSync(join(tmpdir(), "warder-tree-actions-"));
  readonly path = `${join(this.root, "bin")}:/usr/bin:/bin`;

  constructor() {
    mkdirSync(join(this.root, "bin"));
    for (const tool of TOOLS.split(" ")) {
      this.add(tool, STUB);
    }
    this.add("date", DATE);
    this.add("od", RANDOM);
  }

  /** One more program. */
  add(tool: string, text: string): void {
    writeFileSync(join(this.root, "bin", tool), text);
    chmodSync(join(this.root, "bin", tool), 0o755);
  }

  /** Makes a folder of that name, empty but for what `attack.log` has to say. */
  open(name: string, attackLog: string): string {
    const folder = join(this.root, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, "attack.log"), attackLog);
    return folder;
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The calls since the last time. */
export function takeCalls(folder: string): readonly ToolCall[] {
  const file = join(folder, "calls");
  if (!existsSync(file)) {
    return [];
  }
  const records = readFileSync(file, "utf8").split("\x1d").slice(0, -1);
  rmSync(file);
  return records.map((record) => {
    const [words = "", input = ""] = record.split("\x1f");
    const [tool = "", ...args] = words.split("\x1e");
    return { tool, args, input };
  });
}

/** Where an action runs. */
export interface Surroundings {
  readonly folder: string;
  readonly path: string;
  readonly names: { readonly full: string; readonly short: string };
  /** What the name service says of every address. */
  readonly hostName?: string;
}

/** One action as warder runs it: for each step the calls and whether it went well, and what was logged as an error. */
export async function runHere(
  spec: ActionSpec,
  steps: readonly Step[],
  { folder, path, names, hostName }: Surroundings,
): Promise<{
  readonly calls: readonly (readonly ToolCall[])[];
  readonly outcomes: readonly ActionOutcome["status"][];
  readonly errors: readonly string[];
}> {
  const errors: string[] = [];
  const context: ActionContext = {
    jail: { name: "demo", banned: 0, bannedTotal: 0, found: 0, foundTotal: 0, bantime: 600 },
    runner: createShellRunner({ cwd: folder, environment: { ...process.env, PATH: path } }),
    lookups: {
      merged: () => undefined,
      hostNameOf: () => Promise.resolve(hostName),
      ownNames: () => names,
    },
    log: (level, _, text) => {
      if (level === "ERROR" || level === "CRITICAL") {
        errors.push(text);
      }
    },
    now: () => 1795221616.25,
    ipv6Allowed: () => true,
  };
  const action = new ShellAction(spec, context);
  const calls: (readonly ToolCall[])[] = [];
  const outcomes: ActionOutcome["status"][] = [];
  for (const step of steps) {
    outcomes.push((await perform(action, step, context)).status);
    calls.push(takeCalls(folder));
  }
  return { calls, outcomes, errors };
}

function perform(action: ShellAction, step: Step, context: ActionContext): Promise<ActionOutcome> {
  if ("ban" in step) {
    return action[step.operation](createBanTarget(step.ban, context));
  }
  return step.operation === "start" || step.operation === "flush" || step.operation === "stop"
    ? action[step.operation]()
    : action.check("repair");
}

/** Each action as fail2ban runs it: all its calls. */
export function runThere(
  specs: readonly ActionSpec[],
  steps: readonly Step[],
  place: { readonly folder: string; readonly path: string },
): {
  readonly calls: readonly (readonly ToolCall[])[];
  readonly names: { readonly full: string; readonly short: string };
} {
  const marker: ActionSpec = {
    name: "marker",
    properties: new Map([["actionstart", String.raw`printf 'next\037\035' >>calls`]]),
  };
  const { names } = askOracle({
    specs: specs.flatMap((spec) => [spec, marker]),
    steps,
    now: 1795221616.25,
    shell: { path: place.path, cwd: place.folder },
  });
  const calls: ToolCall[][] = [[]];
  for (const call of takeCalls(place.folder)) {
    if (call.tool === "next") {
      calls.push([]);
    } else {
      calls.at(-1)?.push(call);
    }
  }
  return { calls: calls.slice(0, -1), names };
}
