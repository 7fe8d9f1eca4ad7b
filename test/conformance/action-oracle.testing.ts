import { spawnSync } from "node:child_process";
import type { ActionSpec, Ban, MatchedLine } from "../../src/model";

/** One command: its script without fail2ban's prefix, the values it refers to, how it was answered. */
export interface RecordedCommand {
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What is done with every action, one after the other. */
export type Step =
  | { readonly operation: "start" | "stop" | "flush" | "reload" | "consistencyCheck" }
  | { readonly operation: "ban" | "unban" | "reban" | "prolong"; readonly ban: Ban };

/** All that fail2ban is asked to do; `failing` are beginnings of scripts that are answered with a failure. */
export interface OracleRequest {
  readonly specs: readonly ActionSpec[];
  readonly steps: readonly Step[];
  readonly failing?: readonly string[];
  /** The same, but each fails only once. */
  readonly failingOnce?: readonly string[];
  readonly now: number;
  /** Runs the scripts for real, with this PATH in this folder. */
  readonly shell?: { readonly path: string; readonly cwd: string };
}

/** For every action, for every step, the commands. */
export interface OracleAnswer {
  readonly names: { readonly full: string; readonly short: string };
  readonly commands: readonly (readonly (readonly RecordedCommand[])[])[];
}

const DRIVER = `
import json, logging, os, re, sys
logging.disable(logging.CRITICAL)
from fail2ban.server.action import CommandAction
from fail2ban.server.ipdns import DNSUtils, IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.ticket import BanTicket
ask = json.load(sys.stdin)
MyTime.setTime(ask["now"])
DNSUtils.setIPv6IsAllowed(True) if hasattr(DNSUtils, "setIPv6IsAllowed") else None
DNSUtils.IPv6IsAllowed = staticmethod(lambda: True)
IPAddr.getHost = lambda self: None
shell = ask.get("shell")
if shell:
    os.environ["PATH"] = shell["path"]
    os.chdir(shell["cwd"])
record = []
once = []
run = CommandAction.executeCmd
def execute(cmd, timeout=60, **kwargs):
    text, values = (cmd[0], cmd[1:]) if isinstance(cmd, list) else (cmd, [])
    prefix = re.match(r"((?:f2bV_\\w+=\\$\\d+ )+)\\n", text)
    names = re.findall(r"(f2bV_\\w+)=", prefix.group(1)) if prefix else []
    script = text[prefix.end():] if prefix else text
    if not script.strip(): return True
    record.append({"script": script, "variables": dict(zip(names, values))})
    if shell: return run(cmd, timeout, **kwargs)
    for word in once:
        if script.startswith(word):
            once.remove(word)
            return False
    return not any(script.startswith(word) for word in ask.get("failing") or [])
CommandAction.executeCmd = staticmethod(execute)
def ticket(ban):
    ip = IPAddr(ban["id"]) if ban["ip"] else IPAddr(ban["id"], IPAddr.CIDR_RAW)
    matches = [tuple(m) if isinstance(m, list) else m for m in ban["matches"]]
    made = BanTicket(ip, ban["time"], matches, dict(ban["groups"]))
    made.setMatches(matches)
    made.setAttempt(ban["failures"])
    made.setBanCount(ban["bancount"])
    return made
def perform(jail, action, step):
    if "ban" not in step: return getattr(action, step["operation"])()
    getattr(action, step["operation"])(jail.actions._getActionInfo(ticket(step["ban"])))
answer = []
for spec in ask["specs"]:
    jail = Jail("demo", backend="polling")
    jail.actions.add(spec["name"])
    action = jail.actions[spec["name"]]
    for key, value in spec["properties"]: setattr(action, key, value)
    steps = []
    once[:] = ask.get("failingOnce") or []
    for step in ask["steps"]:
        try: perform(jail, action, step)
        except RuntimeError: pass
        steps.append(list(record)); record.clear()
    answer.append(steps)
names = {"full": DNSUtils.getHostname(), "short": DNSUtils.getHostname(fqdn=False)}
json.dump({"names": names, "commands": answer}, sys.stdout)
`;

/** Lets the installed fail2ban's own action classes do it. */
export function askOracle(request: OracleRequest): OracleAnswer {
  const input = JSON.stringify({
    ...request,
    specs: request.specs.map((spec) => ({ name: spec.name, properties: [...spec.properties] })),
    steps: request.steps.map((step) => ("ban" in step ? { ...step, ban: plainBan(step.ban) } : step)),
  });
  const env = { ...process.env, PYTHONPATH: "/usr/lib/python3/dist-packages" };
  const options = { input, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const run = spawnSync("/usr/bin/python3", ["-c", DRIVER], options);
  if (run.status !== 0) {
    throw new Error(`The oracle failed: ${run.stderr}`);
  }
  return JSON.parse(run.stdout) as OracleAnswer;
}

function plainBan(ban: Ban): Readonly<Record<string, unknown>> {
  const matches: readonly MatchedLine[] = ban.data.matches;
  return {
    id: ban.offender.id,
    ip: ban.offender.ip !== undefined,
    time: ban.time,
    bancount: ban.bancount,
    failures: ban.data.failures,
    matches,
    groups: [...ban.data.groups],
  };
}
