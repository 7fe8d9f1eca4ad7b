import { createHash } from "node:crypto";
import type { Properties } from "./native-backend";
import { complain, listOf, textOf } from "./native-properties";
import { readKnockPolicy } from "./native-knocking";
import { formatNftLog, readPacketLog } from "./native-log-option";

/** Hooks of the kernel that packets of offenders can be stopped at. */
export type NftHook = "input" | "forward" | "prerouting";

/** Packets that are stopped when they come from somebody banned. */
export interface Traffic {
  readonly protocols: readonly string[] | "any";
  /** Numbers, names and ranges such as `8000-8010`; absent for all. */
  readonly ports?: readonly string[];
}

/** What a jail wants of its part of the firewall; every member is safe to stand in a script of nft. */
export interface NftSettings {
  readonly table: string;
  /** What the names of all chains and sets of this action begin with. */
  readonly label: string;
  readonly hooks: readonly NftHook[];
  readonly priority: number;
  /** What a rule says about protocol and port, empty for all packets. */
  readonly match: string;
  /** The statement that ends a rule, such as `drop`. */
  readonly blocktype: string;
  /** Whether the packets of each of the banned are counted. */
  readonly counters: boolean;
  /** The statements that hand packets of the banned to a program. */
  readonly log?: string;
  /** Packets that carry this mark pass. */
  readonly allowMark?: number;
}

const HOOKS: readonly NftHook[] = ["input", "forward", "prerouting"];
const CLEAN_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const HASHED_NAME = /__[0-9a-f]{12}$/;
const PORT = /^(?:\d{1,5}(?:[:-]\d{1,5})?|[a-z][a-z0-9-]{0,31})$/i;
const PROTOCOL = /^(?:\d{1,3}|[a-z][a-z0-9-]{0,31})$/i;
const BLOCKTYPE = /^[a-z][a-z0-9 -]{0,99}$/;
/** Protocols that have ports. */
export const WITH_PORTS: readonly string[] = ["tcp", "udp", "sctp", "dccp", "udplite"];
/** The table that nobody else has anything in. */
export const USUAL_TABLE = "warder";
const USUAL_NAME = "warder-nftables";

/**
 * Reads the properties of an action; a text is a complaint about one that cannot be used.
 * Tags that the configuration left unresolved are complained about like any other value.
 */
export function readNftSettings(properties: Properties, label: string, jail = label): NftSettings | string {
  const table = textOf(properties, "table", USUAL_TABLE);
  const hooks = listOf(properties, "chain_hook", "input");
  const priority = Number(textOf(properties, "chain_priority", "-1"));
  const blocktype = textOf(properties, "blocktype", "reject").replace(/\s+/g, " ");
  const match = readMatch(properties);
  if (!CLEAN_NAME.test(table)) {
    return complain("table", table);
  }
  if (hooks.length === 0 || !hooks.every(isHook)) {
    return `${complain("chain_hook", hooks.join(","))}; known are ${HOOKS.join(", ")}`;
  }
  if (!Number.isInteger(priority) || Math.abs(priority) > 10_000) {
    return complain("chain_priority", textOf(properties, "chain_priority", ""));
  }
  if (!BLOCKTYPE.test(blocktype)) {
    return complain("blocktype", blocktype);
  }
  const mark = readMark(properties);
  if (typeof match === "string") {
    return match;
  }
  if (typeof mark === "string") {
    return mark;
  }
  const log = readPacketLog(properties, jail);
  if (typeof log === "string") {
    return log;
  }
  const counters = readCounters(properties);
  const place = { table, label, hooks, priority };
  return {
    ...place,
    blocktype,
    match: match.text,
    counters,
    ...(log ? { log: formatNftLog(log) } : {}),
    ...mark,
  };
}

/** Reads `protocol`, `port` and `type`; a text is a complaint. */
export function readTraffic(properties: Properties): Traffic | string {
  const protocols = listOf(properties, "protocol", "tcp");
  const wrong = protocols.find((protocol) => !PROTOCOL.test(protocol));
  if (wrong !== undefined || protocols.length === 0) {
    return complain("protocol", wrong ?? "");
  }
  const isAny = protocols.some((protocol) => protocol === "all" || protocol === "any");
  if (textOf(properties, "type", "multiport") === "allports") {
    return { protocols: isAny ? "any" : protocols };
  }
  const portless = protocols.find((protocol) => !isAny && !WITH_PORTS.includes(protocol));
  if (portless !== undefined) {
    return `${complain("protocol", portless)} together with ports; use type=allports`;
  }
  const ports = listOf(properties, "port", "ssh").map((port) => port.replace(":", "-"));
  const wrongPort = ports.find((port) => !PORT.test(port));
  if (wrongPort !== undefined || ports.length === 0) {
    return complain("port", wrongPort ?? "");
  }
  return { protocols: isAny ? "any" : protocols, ports };
}

/**
 * The beginning of all names of one action in one jail. Different actions and jails never share one: names with
 * other signs than letters, digits, `_` and `-` carry a hash of themselves, and no name without a hash looks like it.
 */
export function nftLabel(jail: string, action: string): string {
  if (action === USUAL_NAME && isOwnLabel(jail)) {
    return jail;
  }
  const whole = JSON.stringify(action === USUAL_NAME ? [jail] : [jail, action]);
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 12);
  return `j-${jail.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40)}__${hash}`;
}

function readMark(properties: Properties): { readonly allowMark?: number } | string {
  const text = textOf(properties, "allow_mark", "");
  const allowMark = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (text === "") {
    return {};
  }
  return allowMark > 0 && allowMark <= 0xffff_ffff ? { allowMark } : complain("allow_mark", text);
}

/** Whoever wants to know who knocks needs them. */
function readCounters(properties: Properties): boolean {
  const isWanted = /^(?:1|on|true|yes)$/i.test(textOf(properties, "counters", "no"));
  return isWanted || readKnockPolicy(properties) !== undefined;
}

function isOwnLabel(jail: string): boolean {
  return CLEAN_NAME.test(jail) && !HASHED_NAME.test(jail);
}

function readMatch(properties: Properties): { readonly text: string } | string {
  const traffic = readTraffic(properties);
  if (typeof traffic === "string") {
    return traffic;
  }
  const { protocols, ports } = traffic;
  if (!ports) {
    return { text: protocols === "any" ? "" : formatProtocols(protocols) };
  }
  const known = protocols === "any" ? WITH_PORTS : protocols;
  return { text: `${formatProtocols(known)} th dport { ${ports.join(", ")} }` };
}

/** One alone without braces, for only then nft knows that a reset of tcp can answer it. */
function formatProtocols(protocols: readonly string[]): string {
  return `meta l4proto ${protocols.length === 1 ? protocols.join("") : `{ ${protocols.join(", ")} }`}`;
}

function isHook(text: string): text is NftHook {
  return HOOKS.some((hook) => hook === text);
}
