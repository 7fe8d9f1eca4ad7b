import { createHash } from "node:crypto";
import type { Family } from "../model";
import type { Properties, RulesetOwner } from "./native-backend";
import { formatXtablesLog, readPacketLog } from "./native-log-option";
import { complain, listOf, textOf } from "./native-properties";
import { readTraffic, WITH_PORTS, type Traffic } from "./native-settings";

/** Where the way into our chain stands among the rules of another. */
export type Position =
  /** At the top when it is new; where somebody has moved it, it stays. */
  { readonly kind: "top" | "last" } | { readonly kind: "after" | "before"; readonly target: string };

/** What a jail wants of iptables; every member is safe to stand in a script. */
export interface XtablesSettings {
  /** Our chain; the names of sets begin with it. */
  readonly chain: string;
  /** Chains from which there is a way into ours. */
  readonly parents: readonly string[];
  readonly position: Position;
  /** What those ways say about protocol and ports, one rule for each. */
  readonly matches: readonly string[];
  /** How a rule for the banned ends. */
  readonly ends: Readonly<Record<Family, string>>;
  /** The end of a rule before that one, which hands packets to a program. */
  readonly log?: string;
  /** How many entries a set may have. */
  readonly maxelem: number;
}

/** All our chains begin with it. */
export const CHAIN_PREFIX = "warder-";
/** Signs of the name of a chain, 28 at most, without the prefix. */
const LONGEST_LABEL = 21;
const CLEAN_LABEL = /^[A-Za-z][A-Za-z0-9_-]*$/;
const CHAIN = /^[A-Za-z][A-Za-z0-9_-]{0,27}$/;
const BLOCKTYPE = /^[A-Z][A-Z0-9_-]{0,27}(?: --?[a-z][a-z0-9-]{0,30}(?: [a-z0-9-]{1,40})?){0,3}$/i;
const POSITION = /^(after|before) ([A-Za-z][A-Za-z0-9_-]{0,27})$/;
/** Ports in one rule of multiport, a range counting for two. */
const MOST_PORTS = 15;
const REJECT: Readonly<Record<Family, string>> = {
  inet4: "REJECT --reject-with icmp-port-unreachable",
  inet6: "REJECT --reject-with icmp6-port-unreachable",
};

/** Reads the properties of an action; a text is a complaint about one that cannot be used. */
export function readXtablesSettings(properties: Properties, owner: RulesetOwner): XtablesSettings | string {
  const traffic = readTraffic(properties);
  if (typeof traffic === "string") {
    return traffic;
  }
  const parents = listOf(properties, "chain", "INPUT");
  const wrong = parents.find((parent) => !CHAIN.test(parent));
  if (wrong !== undefined || parents.length === 0) {
    return complain("chain", wrong ?? "");
  }
  const usual = textOf(properties, "blocktype", "");
  const inet4 = usual === "" ? REJECT.inet4 : usual;
  const inet6 = textOf(properties, "blocktype?family=inet6", usual === "" ? REJECT.inet6 : usual);
  const wrongType = [inet4, inet6].find((text) => !BLOCKTYPE.test(text));
  if (wrongType !== undefined) {
    return complain("blocktype", wrongType);
  }
  const position = readPosition(textOf(properties, "chain_position", "top"));
  if (!position) {
    return `${complain("chain_position", textOf(properties, "chain_position", ""))}; known are top, last, after CHAIN, before CHAIN`;
  }
  const maxelem = Number(textOf(properties, "maxelem", "1048576"));
  if (!Number.isInteger(maxelem) || maxelem < 1 || maxelem > 100_000_000) {
    return complain("maxelem", textOf(properties, "maxelem", ""));
  }
  const log = readPacketLog(properties, owner.jail);
  if (typeof log === "string") {
    return log;
  }
  const ends = { inet4: formatEnd(inet4), inet6: formatEnd(inet6) };
  const place = { chain: chainName(owner), parents, position, matches: formatMatches(traffic) };
  return { ...place, ends, maxelem, ...(log ? { log: formatXtablesLog(log) } : {}) };
}

/** The rules that stop what `match` selects, in their order. */
export function rulesFor({ log, ends }: XtablesSettings, match: string, family: Family): readonly string[] {
  return [...(log === undefined ? [] : [`${match} ${log}`]), `${match} ${ends[family]}`];
}

/** Different actions and jails never share a name: whatever had to be changed carries a hash of the whole. */
function chainName({ jail, action }: RulesetOwner): string {
  const isUsual = action === "warder-ipset" || action === "warder-iptables";
  // Both kinds of action may be in one jail.
  const kind = action === "warder-ipset" ? "s-" : "r-";
  if (
    isUsual &&
    CLEAN_LABEL.test(jail) &&
    jail.length <= LONGEST_LABEL - kind.length &&
    !jail.includes("__")
  ) {
    return `${CHAIN_PREFIX}${kind}${jail}`;
  }
  const hash = createHash("sha256")
    .update(JSON.stringify([jail, action]))
    .digest("hex")
    .slice(0, 12);
  return `${CHAIN_PREFIX}${jail.replace(/[^A-Za-z0-9-]+/g, "-").slice(0, 7)}__${hash}`;
}

/** Only a rule that is about tcp can answer with a reset. */
function formatEnd(blocktype: string): string {
  return `${blocktype.includes("tcp-reset") ? "-p tcp " : ""}-j ${blocktype}`;
}

function readPosition(text: string): Position | undefined {
  if (text === "top" || text === "last") {
    return { kind: text };
  }
  const [, kind, target] = POSITION.exec(text) ?? [];
  return target !== undefined && (kind === "after" || kind === "before") ? { kind, target } : undefined;
}

function formatMatches({ protocols, ports }: Traffic): readonly string[] {
  if (!ports) {
    return protocols === "any" ? [""] : protocols.map((protocol) => `-p ${protocol}`);
  }
  const groups = groupPorts(ports.map((port) => port.replace(/^(\d+)-/, "$1:")));
  const known = protocols === "any" ? WITH_PORTS : protocols;
  return known.flatMap((protocol) =>
    groups.map((group) => `-p ${protocol} -m multiport --dports ${group.join(",")}`),
  );
}

function groupPorts(ports: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let room = 0;
  for (const port of ports) {
    const size = port.includes(":") ? 2 : 1;
    if (room < size) {
      groups.push([]);
      room = MOST_PORTS;
    }
    groups.at(-1)?.push(port);
    room -= size;
  }
  return groups;
}
