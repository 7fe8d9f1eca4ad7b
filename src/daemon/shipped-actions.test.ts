import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createBanTarget, ShellAction } from "../action";
import { createBan, createWorld } from "../action/fakes.testing";
import { readConfiguration, type Configuration } from "../config";
import type { ActionSpec, ActionValue } from "../model";

const TREE = join(import.meta.dirname, "../../config");
/** All that can be named in a jail. */
const ACTIONS = readdirSync(join(TREE, "action.d"))
  .filter((file) => file.endsWith(".conf") && !file.endsWith("-common.conf"))
  .map((file) => file.slice(0, -".conf".length))
  .sort();
/** Those with a counterpart in the daemon; their shell commands are only for a fail2ban. */
const SHELL_ACTIONS = ACTIONS.filter((name) => !name.startsWith("warder-"));

const folder = mkdtempSync(join(tmpdir(), "shipped-actions-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Reads the shipped tree with this jail.local. */
function read(local: string): Configuration {
  const directory = mkdtempSync(join(folder, "tree-"));
  for (const entry of readdirSync(TREE)) {
    if (entry.endsWith(".conf")) {
      copyFileSync(join(TREE, entry), join(directory, entry));
    }
  }
  for (const entry of ["action.d", "filter.d"]) {
    symlinkSync(join(TREE, entry), join(directory, entry));
  }
  writeFileSync(join(directory, "log"), "");
  writeFileSync(join(directory, "jail.local"), local.replaceAll("{ROOT}", directory));
  return readConfiguration({ directory, version: "1.1.0" });
}

function specsOf({ stream }: Configuration): readonly ActionSpec[] {
  return stream
    .filter(({ command }) => command[0] === "multi-set" && command[2] === "action")
    .map(({ command }) => ({
      name: command[3] as string,
      properties: new Map(command[4] as unknown as [string, ActionValue][]),
    }));
}

const JAIL = "[demo]\nenabled = true\nfilter = sshd\nbackend = polling\nlogpath = {ROOT}/log\n";
const everyAction = read(`${JAIL}action = ${ACTIONS.join("\n    ")}\n`);
const specs = specsOf(everyAction);

/** All scripts of a whole life, with one check that fails. */
async function livesOf(spec: ActionSpec): Promise<readonly string[]> {
  const world = createWorld();
  const action = new ShellAction(spec, world);
  const [v4, v6] = ["198.51.100.9", "2001:db8::9"].map((ip) => createBanTarget(createBan(ip), world));
  const checks = ["actioncheck", "actioncheck?family=inet6"]
    .map((name) => spec.properties.get(name))
    .filter((text): text is string => typeof text === "string" && text !== "");
  await action.start();
  for (const target of [v4!, v6!]) {
    await action.ban(target);
    await action.prolong(target);
    await action.unban(target);
  }
  await action.flush();
  world.runner.failing = checks.map((text) => text.slice(0, 5));
  await action.check("repair");
  world.runner.failing = [];
  await action.stop();
  return [...new Set(world.runner.scripts)];
}

describe("the shipped actions", () => {
  it("are all read, without a word of complaint", () => {
    expect(everyAction.problems).toEqual([]);
    expect(specs.map(({ name }) => name)).toEqual(ACTIONS);
    expect(SHELL_ACTIONS.length).toBeGreaterThanOrEqual(62);
  });

  it.each(SHELL_ACTIONS)("%s leaves no tag open, and every command is one for the shell", async (name) => {
    const scripts = await livesOf(specs.find((spec) => spec.name === name)!);
    expect(scripts.length > 0 || name === "observe").toBe(true);
    for (const script of scripts) {
      // \074 and the like are for pf; what else stands between brackets without a blank would be a tag.
      expect([...script.matchAll(/<[A-Za-z][^ <>'"]*>/g)].map(([tag]) => tag)).toEqual([]);
      expect(script).not.toMatch(/%\(|\bundefined\b|%%/);
      const { status, stderr } = spawnSync("sh", ["-n", "-c", script], { encoding: "utf8" });
      expect([status, stderr, script]).toEqual([0, "", script]);
    }
  });

  it("start with the jail or with the first ban, flush, check and leave restored bans alone as is known of them", () => {
    const having = (option: string): readonly string[] =>
      specs
        .filter(
          ({ name, properties }) => SHELL_ACTIONS.includes(name) && (properties.get(option) ?? "") !== "",
        )
        .map(({ name }) => name);
    expect(having("norestored")).toEqual(
      SHELL_ACTIONS.filter((name) =>
        /^(abuseipdb|blocklist_de|complain|dshield|ipthreat|(send)?mail.*|xarf-login-attack)$/.test(name),
      ),
    );
    const firewalls = SHELL_ACTIONS.filter((name) => /^(iptables|nftables|pf$)/.test(name));
    expect(having("actioncheck")).toEqual(expect.arrayContaining(firewalls));
    expect(having("actionflush")).toEqual(expect.arrayContaining([...firewalls, "dummy", "mikrotik"]));
  });
});

describe("a jail.local that names actions", () => {
  it.each([
    ["%(action_mwl)s", ["nftables", "sendmail-whois-lines"], "mta = sendmail"],
    ["%(action_mw)s", ["nftables", "mail-whois"], "mta = mail"],
    ["%(action_xarf)s", ["nftables", "xarf-login-attack"], ""],
    [
      "%(action_cf_mwl)s",
      ["cloudflare", "sendmail-whois-lines"],
      "mta = sendmail\ncfemail = a@b\ncfapikey = k",
    ],
    ["%(action_)s\n  %(action_blocklist_de)s", ["nftables", "blocklist_de"], "blocklist_de_apikey = k"],
    [
      '%(action_)s\n  %(action_abuseipdb)s[abuseipdb_apikey="k", abuseipdb_category="18,22"]',
      ["nftables", "abuseipdb"],
      "",
    ],
    ["%(action_)s\n  smtp.py[host=localhost:25]", ["nftables"], ""],
    ["%(action_)s", ["pf"], "banaction = pf[type=allports]"],
    ["%(action_)s", ["iptables-multiport-log"], "banaction = iptables-multiport-log"],
  ])("finds them: %s", (action, names, settings) => {
    const firewall = settings.includes("banaction") ? "" : "banaction = nftables\n";
    const configuration = read(`${JAIL}${firewall}${settings}\naction = ${action}\n`);
    expect(configuration.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(specsOf(configuration).map(({ name }) => name)).toEqual(names);
    expect(configuration.jails).toEqual(["demo"]);
  });
});
