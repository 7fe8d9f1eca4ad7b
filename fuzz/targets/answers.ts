import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEntries, parseSizes } from "../../src/action/native-ipset-script";
import { parseListing } from "../../src/action/native-listing";
import { NftMonitor } from "../../src/action/native-monitor";
import { readNftSettings } from "../../src/action/native-settings";
import type { FirewallEvent } from "../../src/action/native-watch";
import { hasChain, parseRuleLines, rulesOf } from "../../src/action/native-xtables-script";
import { formatAdditions, formatDeletions } from "../../src/action/native-script";
import { FakeClock } from "../../src/platform/fake-clock.testing";
import { demand, type FuzzTarget } from "../target";

let folder: string | undefined;
const settings = readNftSettings(new Map(), "f2b-sshd");
/** What may stand in a script of nft: addresses, names and numbers, and the words of its grammar. */
const SAFE = /^[\w\s{}.,:;/@=-]*$/;

/** What nft, ipset and iptables print: whatever it is, only addresses come out of it, and go into a script. */
export const firewall: FuzzTarget = {
  name: "firewall",
  seeds: () => [
    Buffer.from(
      '{"nftables":[{"metainfo":{}},{"table":{"family":"inet","name":"warder"}},{"chain":{"name":"f2b-sshd-input"}},' +
        '{"rule":{"chain":"f2b-sshd-input"}},{"set":{"name":"f2b-sshd-4","elem":["192.0.2.1",{"elem":{"val":"192.0.2.2","expires":5,' +
        '"counter":{"packets":3,"bytes":9}}},{"prefix":{"addr":"198.51.100.0","len":24}}]}}]}\n',
    ),
    Buffer.from(
      "Name: f2b-sshd\nType: hash:ip\nNumber of entries: 2\nMembers:\n192.0.2.1 timeout 599\n2001:db8::1\n",
    ),
    Buffer.from(
      "-P INPUT ACCEPT\n-N f2b-sshd\n-A INPUT -p tcp -j f2b-sshd\n-A f2b-sshd -s 192.0.2.1/32 -j REJECT\n",
    ),
  ],
  words: [
    '"set":',
    '"elem":',
    '"val":',
    '"expires":',
    '"counter":',
    '"packets":',
    "null",
    "[",
    "]",
    "{",
    "}",
    ",",
    "-1",
    "f2b-sshd-4",
    "f2b-sshd-6",
    "192.0.2.1",
    "2001:db8::/64",
    "::ffff:192.0.2.1",
    "timeout ",
    "Members:\n",
    "\n",
  ],
  check: (input) => {
    const text = input.toString("utf8");
    demand(typeof settings !== "string", "no settings");
    const listing = parseListing(text, settings);
    const ipset = parseEntries(text);
    const held = [...(listing?.elements.values() ?? []), ...ipset];
    for (const { ip, left } of held) {
      demand(typeof left === "number" && !Number.isNaN(left), `an element with ${left} seconds left`);
      demand(/^[\da-f.:]+(?:\/\d{1,3})?$/.test(ip.text), `the address ${ip.text}`);
    }
    const script = formatAdditions(settings, held.map(({ ip }) => ({ ip, end: 9e9 })) as never, 0);
    demand(
      SAFE.test(script) &&
        SAFE.test(
          formatDeletions(
            settings,
            held.map(({ ip }) => ip),
          ),
        ),
      "a script",
    );
    parseSizes(text);
    const lines = parseRuleLines(text);
    hasChain(lines, "f2b-sshd");
    rulesOf(lines, "f2b-sshd");
  },
};

/** What `nft monitor` prints: whatever it is, it is told of once, and with a bounded number of addresses. */
export const monitor: FuzzTarget = {
  name: "monitor",
  seeds: () =>
    [
      "delete element inet warder f2b-sshd-4 { 192.0.2.1 }\n# new generation 3 by process 77 (nft)\n",
      "delete table inet warder\nadd table inet warder\n# new generation 4 by process 78 (nft)\n",
      "add rule inet warder f2b-sshd-input ip saddr @x drop\n# new generation 5 by process 1 (nft)\n# ERROR: x\n",
    ].map((text) => Buffer.from(text)),
  words: [
    "delete ",
    "add ",
    "insert ",
    "table ",
    "chain ",
    "set ",
    "rule ",
    "element ",
    "inet warder ",
    "f2b-sshd-4 ",
    "{ 192.0.2.1 }",
    "\n",
    "# new generation ",
    " by process ",
    "99999999999999999999",
    "lost some netlink events",
  ],
  check: async (input) => {
    folder ??= mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    const path = join(folder, "monitor");
    writeFileSync(path, input);
    const events: FirewallEvent[] = [];
    const watch = new NftMonitor({ argv: ["cat", path], clock: new FakeClock() });
    const listener = { tables: ["inet warder"], changed: (event: FirewallEvent) => void events.push(event) };
    // The first word of it is that the program has ended.
    const stop = await new Promise<() => void>((resolve) => {
      const end = watch.subscribe(listener, () => setImmediate(() => resolve(end)));
    });
    stop();
    demand(events.length <= 2, `told ${events.length} times within a moment`);
    for (const event of events) {
      demand(event.type !== "elements" || (event.addresses?.length ?? 0) <= 64, "too many addresses");
    }
  },
  close: () => {
    rmSync(folder ?? "", { recursive: true, force: true });
    folder = undefined;
  },
};
