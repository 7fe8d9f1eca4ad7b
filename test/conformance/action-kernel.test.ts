import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ActionList, limitRunner, type ActionContext } from "../../src/action";
import { parseOffender, type Ban } from "../../src/model";
import { createShellRunner } from "../../src/platform";
import { FIREWALL_TOOLS, Namespace } from "./net-namespace.testing";
import { compileActions } from "./stock-actions.testing";

const missing = ["fail2ban-client", "python3", "unshare", "nsenter", ...FIREWALL_TOOLS].filter(
  (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0,
);
const canRun = missing.length === 0 && process.getuid?.() === 0;
if (!canRun) {
  console.warn(`SKIPPED: stock actions in the kernel need root and these tools: ${missing.join(", ")}`);
}

function banOf(id: string): Ban {
  const data = { matches: [], failures: 5, groups: new Map() };
  const base = { jail: "demo", time: 1795221613, bantime: 600, bancount: 1, restored: false, data };
  return { ...base, offender: parseOffender(id) };
}

const V4 = banOf("192.0.2.7");
const V4B = banOf("198.51.100.9");
const V6 = banOf("2001:db8::7");

describe.skipIf(!canRun)("stock actions in the kernel", () => {
  let space: Namespace;
  const lines: string[] = [];

  beforeAll(async () => {
    space = new Namespace();
    await space.open();
  });
  afterAll(() => {
    space.close();
  });

  function listOf(line: string): ActionList {
    lines.length = 0;
    const context: ActionContext = {
      jail: { name: "demo", banned: 1, bannedTotal: 1, found: 0, foundTotal: 5, bantime: 600 },
      runner: limitRunner(createShellRunner({ environment: space.environment })),
      lookups: {
        merged: () => undefined,
        hostNameOf: () => Promise.resolve(undefined),
        ownNames: () => ({ full: "host.example", short: "host" }),
      },
      log: (level, logger, text) => {
        if (level === "ERROR" || level === "CRITICAL") {
          lines.push(`${level} ${logger} ${text}`);
        }
      },
      now: () => Date.now() / 1000,
      ipv6Allowed: () => true,
    };
    return new ActionList(compileActions([line]), context);
  }

  const cases = [
    { line: "nftables[name=demo, port=ssh]", show: "nft list ruleset" },
    { line: "nftables-allports[name=demo]", show: "nft list ruleset" },
    {
      line: 'iptables-multiport[name=demo, port="ssh,http"]',
      show: "iptables -S; ip6tables -S",
    },
    { line: "iptables-allports[name=demo]", show: "iptables -S; ip6tables -S" },
    { line: "iptables-multiport-log[name=demo]", show: "iptables -S; ip6tables -S" },
    { line: "iptables-ipset[name=demo]", show: "ipset list; iptables -S; ip6tables -S" },
  ];

  it.each(cases)("$line: start, ban, unban, flush, stop", async ({ line, show }) => {
    const before = space.show(show);
    const list = listOf(line);
    for (const report of [await list.start(), await list.ban(V4), await list.ban(V4B), await list.ban(V6)]) {
      expect(report.failures).toEqual([]);
    }
    expect(space.show(show)).toMatch(/192\.0\.2\.7/);
    expect(space.show(show)).toMatch(/2001:db8::7/);
    expect((await list.check()).failures).toEqual([]);
    expect((await list.unban(V4)).applied).toHaveLength(1);
    expect(space.show(show)).not.toContain("192.0.2.7");
    expect(space.show(show)).toContain("198.51.100.9");
    await list.flush([V4B, V6]);
    expect(space.show(show)).not.toMatch(/198\.51\.100\.9|2001:db8::7/);
    expect((await list.ban(V4)).failures).toEqual([]);
    const report = await list.stop([V4]);
    expect([report.failures, lines]).toEqual([[], []]);
    expect(withoutEmptyChains(space.show(show))).toBe(withoutEmptyChains(before));
  });

  it("repairs a table that somebody removed, and the ban holds", async () => {
    const list = listOf("nftables[name=demo, port=ssh]");
    await list.start();
    await list.ban(V4);
    space.show("nft flush ruleset");
    const report = await list.ban(V4B);
    expect(report).toMatchObject({ failures: [], repaired: ["nftables"] });
    expect(space.show("nft list ruleset")).toContain("198.51.100.9");
    expect(space.show("nft list ruleset")).not.toContain("192.0.2.7");
    await list.reban(V4);
    expect(space.show("nft list ruleset")).toContain("192.0.2.7");
    await list.stop([V4, V4B]);
    expect(space.show("nft list ruleset")).toBe("");
  });

  it("does not call a ban applied that the kernel refused", async () => {
    const list = listOf("nftables[name=demo, port=ssh]");
    await list.start();
    const report = await list.ban(banOf("no address; touch owned"));
    expect(report).toMatchObject({ applied: [], failures: [{ operation: "ban" }] });
    expect(existsSync("owned")).toBe(false);
    await list.stop([]);
    space.show("nft flush ruleset");
  });
});

/** iptables-nft leaves base chains behind that it made on first use. */
function withoutEmptyChains(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^-P (INPUT|FORWARD|OUTPUT) ACCEPT$/.test(line))
    .join("\n");
}
