import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp, type Ip } from "../model";
import { formatCuts, readCutSettings, type CutSettings } from "./native-cut";
import { formatEntries, formatNewSet, parseEntries, parseSizes } from "./native-ipset-script";
import { FakeWatch } from "./native-nft.testing";
import type { RunXtables, Xtables } from "./native-xtables";
import { XtablesChains } from "./native-xtables-chains";
import { formatChain, formatChainRemoval, isInPlace, parseRuleLines } from "./native-xtables-script";
import { readXtablesSettings, type XtablesSettings } from "./native-xtables-settings";

const NOW = 1_795_221_616;

function settingsOf(properties: Readonly<Record<string, string>> = {}, jail = "web"): XtablesSettings {
  const settings = readXtablesSettings(new Map(Object.entries(properties)), { jail, action: "warder-ipset" });
  if (typeof settings === "string") {
    throw new Error(settings);
  }
  return settings;
}

function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (!ip) {
    throw new Error(text);
  }
  return ip;
}

const RULES = parseRuleLines(`# Warning: iptables-legacy tables present
-P INPUT ACCEPT
-N trusted
-N warder-s-web
-N warder-s-mail
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80 -j warder-s-web
-A INPUT -p tcp -m multiport --dports 25 -j warder-s-mail
-A INPUT -j trusted
-A INPUT -j DROP
-A warder-s-web -m set --match-set warder-s-web-4 src -j DROP
`);

describe("the settings of iptables", () => {
  it("take ports in groups that fit into a rule, protocols one by one", () => {
    const port = [...Array.from({ length: 14 }, (_, i) => String(i + 1)), "100:200", "ssh"].join(",");
    expect(settingsOf({ port, protocol: "tcp,udp" }).matches).toEqual([
      "-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14",
      "-p tcp -m multiport --dports 100:200,ssh",
      "-p udp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14",
      "-p udp -m multiport --dports 100:200,ssh",
    ]);
    expect(settingsOf({ type: "allports", protocol: "all" }).matches).toEqual([""]);
    expect(settingsOf({ type: "allports", protocol: "icmp" }).matches).toEqual(["-p icmp"]);
  });

  it("leave to the action what the jail leaves to it", () => {
    expect(settingsOf({ chain: "<known/chain>", blocktype: "" })).toMatchObject({
      parents: ["INPUT"],
      ends: {
        inet4: "-j REJECT --reject-with icmp-port-unreachable",
        inet6: "-j REJECT --reject-with icmp6-port-unreachable",
      },
    });
  });

  it("give every jail and action names of its own that fit, with nothing else in them", () => {
    const jail = fc.oneof(fc.string(), fc.stringMatching(/^[a-z_-]{1,40}$/), fc.string({ unit: "grapheme" }));
    const action = fc.constantFrom("warder-ipset", "warder-iptables", "second");
    fc.assert(
      fc.property(jail, action, jail, action, (jailA, actionA, jailB, actionB) => {
        const read = (one: string, other: string) =>
          readXtablesSettings(new Map(), { jail: one, action: other });
        const [a, b] = [read(jailA, actionA), read(jailB, actionB)];
        if (typeof a === "string" || typeof b === "string") {
          throw new Error("cannot be used");
        }
        expect(a.chain).toMatch(/^warder-[A-Za-z0-9_-]{1,21}$/);
        expect(a.chain === b.chain).toBe(jailA === jailB && actionA === actionB);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    { port: "22 -j ACCEPT" },
    { protocol: "tcp\n-F" },
    { chain: "INPUT;x" },
    { blocktype: "DROP\nCOMMIT" },
    { chain_position: "after a b" },
    { maxelem: "0" },
    { "blocktype?family=inet6": "-j x" },
  ])("refuse %j", (properties) => {
    const answer = readXtablesSettings(new Map(Object.entries(properties)), { jail: "web", action: "x" });
    expect(typeof answer === "string" ? answer : "no complaint").toMatch(
      /^(?:port|protocol|chain|blocktype|maxelem)/,
    );
  });
});

describe("rules of iptables", () => {
  it("are made anew where they were, in one transaction", () => {
    expect(formatChain(settingsOf({ port: "80" }), RULES, ["-j DROP"])).toBe(`*filter
:warder-s-web - [0:0]
-A warder-s-web -j DROP
-D INPUT -p tcp -m multiport --dports 80 -j warder-s-web
-I INPUT 2 -p tcp -m multiport --dports 80 -j warder-s-web
COMMIT
`);
  });

  it.each([
    ["after trusted", 4],
    ["before trusted", 2],
    ["last", 5],
    ["after nobody", 2],
    ["top", 2],
  ])("come to their place: %s", (chain_position, place) => {
    const settings = settingsOf({ port: "80", chain_position });
    expect(formatChain(settings, RULES, [])).toContain(`-I INPUT ${place} -p tcp`);
    const isThere = ["before trusted", "after nobody", "top"].includes(chain_position);
    expect(isInPlace(settings, RULES)).toBe(isThere);
  });

  it("are not in place when one of them is missing, and go with all that leads to them", () => {
    expect(isInPlace(settingsOf({ port: "80", protocol: "tcp,udp" }), RULES)).toBe(false);
    expect(isInPlace(settingsOf({ port: "80", chain: "INPUT,FORWARD" }), RULES)).toBe(false);
    expect(isInPlace(settingsOf({}, "other"), RULES)).toBe(false);
    expect(formatChainRemoval(settingsOf({}, "other"), RULES)).toBe("");
    expect(formatChainRemoval(settingsOf(), RULES)).toContain(
      "-D INPUT -p tcp -m multiport --dports 80 -j warder-s-web\n-F warder-s-web\n-X warder-s-web",
    );
  });
});

describe("sets of ipset", () => {
  const settings = settingsOf();

  it("take the place of the old one when they are complete", () => {
    const elements = [{ ip: ipOf("192.0.2.0/24"), end: NOW + 60 }];
    const contents = {
      elements,
      now: NOW,
      sizes: new Map([
        ["warder-s-web-4", 3],
        ["warder-s-web-4t", 1],
      ]),
    };
    expect(formatNewSet(settings, "inet4", contents)).toBe(`destroy warder-s-web-4t
create warder-s-web-4t hash:net family inet maxelem 1048576 timeout 0
add warder-s-web-4t 192.0.2.0/24 timeout 62
swap warder-s-web-4t warder-s-web-4
destroy warder-s-web-4t
`);
    expect(formatNewSet(settings, "inet6", { ...contents, elements: [], sizes: new Map() })).toBe(
      "create warder-s-web-6 hash:net family inet6 maxelem 1048576 timeout 0\n",
    );
  });

  it("get and lose elements; what lasts longer than the kernel can count has no end there", () => {
    const change = (text: string, end?: number) => ({
      ip: ipOf(text),
      wanted: end === undefined ? undefined : { ip: ipOf(text), end },
    });
    const changes = [
      change("192.0.2.1", NOW + 0.5),
      change("2001:db8::/64", Number.POSITIVE_INFINITY),
      change("192.0.2.2", NOW + 1e8),
      change("192.0.2.3"),
    ];
    expect(formatEntries(settings, changes, NOW)).toBe(`add warder-s-web-4 192.0.2.1 timeout 3
add warder-s-web-6 2001:db8::/64 timeout 0
add warder-s-web-4 192.0.2.2 timeout 0
del warder-s-web-4 192.0.2.3
`);
  });

  it("are read as ipset prints them, and garbage is passed over", () => {
    const text = `Name: warder-s-web-4
Type: hash:net
Number of entries: 2
Members:
192.0.2.1 timeout 62
192.0.2.0/24 timeout 0
Members: x
`;
    expect(parseEntries(text).map(({ ip, left }) => [ip.text, left])).toEqual([
      ["192.0.2.1", 62],
      ["192.0.2.0/24", Number.POSITIVE_INFINITY],
    ]);
    expect([...parseSizes(`${text}\nName: other\nNumber of entries: 0\n`)]).toEqual([
      ["warder-s-web-4", 2],
      ["other", 0],
    ]);
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        expect(parseEntries(garbage).length).toBeGreaterThanOrEqual(0);
        expect(parseSizes(garbage).size).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("a chain that others change meanwhile", () => {
  const elsewhere = { message: "iptables-restore: line 4 failed", isMissing: true, isTotal: false };

  /** An iptables in whose table somebody moves our way after each of the first `moves` looks. */
  function moving(moves: number) {
    const scripts: string[] = [];
    let looks = 0;
    const run: RunXtables = ([program], script = "") => {
      if (program === "iptables") {
        looks++;
        return Promise.resolve(`-N warder-s-web\n-A INPUT -p tcp --dport ${looks} -j warder-s-web\n`);
      }
      scripts.push(script);
      return Promise.resolve(looks > moves ? "" : elsewhere);
    };
    const xtables: Xtables = {
      run,
      inTurn: (work) => work(run),
      watch: new FakeWatch(),
      isSeen: () => Promise.resolve(true),
    };
    return { chains: new XtablesChains(xtables, settingsOf()), scripts };
  }

  it("is looked at again, and made whole", async () => {
    const { chains, scripts } = moving(2);
    expect(await chains.build("inet4", ["-s 192.0.2.1 -j DROP"])).toBeUndefined();
    expect(scripts).toHaveLength(3);
    expect(scripts.at(-1)).toContain("-D INPUT -p tcp --dport 3 -j warder-s-web\n");
    expect(scripts.at(-1)).toContain("-A warder-s-web -s 192.0.2.1 -j DROP\n");
  });

  it("is left as it is when they never stop", async () => {
    const { chains, scripts } = moving(Number.POSITIVE_INFINITY);
    expect(await chains.build("inet4", ["-s 192.0.2.1 -j DROP"])).toEqual(elsewhere);
    expect(scripts.length).toBeLessThan(10);
  });
});

describe("what ends connections", () => {
  const read = (properties: Readonly<Record<string, string>>): CutSettings => {
    const settings = readCutSettings(new Map(Object.entries(properties)));
    if (typeof settings !== "object") {
      throw new Error(settings);
    }
    return settings;
  };

  it("is one ss for all, on the ports of the jail", () => {
    const ips = [ipOf("192.0.2.1"), ipOf("2001:db8::1"), ipOf("198.51.100.0/24")];
    expect(formatCuts(read({ cut: "ss", port: "22,8000:8010" }), ips).map((argv) => argv.join(" "))).toEqual([
      "ss -K -H -n -t ( dst 192.0.2.1 or dst [2001:db8::1] or dst 198.51.100.0/24 ) ( sport = :22 or ( sport >= :8000 and sport <= :8010 ) )",
    ]);
    expect(formatCuts(read({ cut: "ss", protocol: "udp" }), ips)).toEqual([]);
  });

  it("is a conntrack for each address, protocol and port", () => {
    const ips = [ipOf("192.0.2.1")];
    const format = (properties: Readonly<Record<string, string>>): readonly string[] =>
      formatCuts(read({ cut: "conntrack", ...properties }), ips).map((argv) => argv.slice(2).join(" "));
    expect(format({ port: "22,80" })).toEqual([
      "-f ipv4 -s 192.0.2.1 -p tcp --dport 22",
      "-f ipv4 -s 192.0.2.1 -p tcp --dport 80",
    ]);
    expect(format({ port: "22,8000:8010" })).toEqual(["-f ipv4 -s 192.0.2.1 -p tcp"]);
    expect(format({ type: "allports", protocol: "all" })).toEqual(["-f ipv4 -s 192.0.2.1"]);
  });

  it("is off unless it is wanted", () => {
    expect(readCutSettings(new Map())).toBeUndefined();
    expect(readCutSettings(new Map([["cut", "tcpkill"]]))).toContain("known are no, ss, conntrack");
  });
});
