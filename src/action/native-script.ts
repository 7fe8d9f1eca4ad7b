import { fullPrefix, isSingle, makeIp, type Family, type Ip } from "../model";
import type { BlockedElement } from "./native-backend";
import type { NftSettings } from "./native-settings";

/** One set of the kernel: addresses with so many leading bits. Networks in each other never meet in one set. */
export interface NftSet {
  readonly family: Family;
  readonly prefix: number;
}

/** Names of what is in the table, whoever put it there. */
export interface NftNames {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

/** The sets every jail has from the start. */
export const BASE_SETS: readonly NftSet[] = [
  { family: "inet4", prefix: 32 },
  { family: "inet6", prefix: 128 },
];

const POSSIBLE_SETS = (["inet4", "inet6"] as const).flatMap((family) =>
  Array.from({ length: fullPrefix(family) }, (_, i): NftSet => ({ family, prefix: i + 1 })),
);

/** Beyond these seconds (about 10 years) the kernel is not told the end; the unban does it. */
const LONGEST_TIMEOUT = 315_360_000;
/** The unban of the daemon comes first, so that nothing it still shows is gone already. */
const GRACE = 2;

/** The part of a set's or chain's name after the label; every label and such an end give a name of their own. */
const OWN_SET = /^(v4|v6)(?:-(\d{1,3}))?$/;
const OWN_CHAINS: readonly string[] = ["input", "forward", "prerouting"];

/** The set an address belongs to. */
export function setOf({ family, prefix }: Ip): NftSet {
  return { family, prefix };
}

/** The name of a set: `sshd-v4`, for networks `sshd-v4-24`. */
export function setName({ label }: NftSettings, { family, prefix }: NftSet): string {
  const name = `${label}-${family === "inet4" ? "v4" : "v6"}`;
  return prefix === fullPrefix(family) ? name : `${name}-${prefix}`;
}

/** Which set of this action has that name; `undefined` for all other names. */
export function parseSetName({ label }: NftSettings, name: string): NftSet | undefined {
  const found = name.startsWith(`${label}-`) ? OWN_SET.exec(name.slice(label.length + 1)) : null;
  if (!found) {
    return undefined;
  }
  const family = found[1] === "v4" ? "inet4" : "inet6";
  return { family, prefix: found[2] === undefined ? fullPrefix(family) : Number(found[2]) };
}

/** Whether a chain of that name belongs to this action. */
export function isOwnChain({ label }: NftSettings, name: string): boolean {
  return name.startsWith(`${label}-`) && OWN_CHAINS.includes(name.slice(label.length + 1));
}

/**
 * Removes all that could be there of this action. Nothing of it needs to exist: to name every set that networks can have
 * takes the kernel a third of the time in which nft could tell which of them are there.
 */
export function formatRemoval(settings: NftSettings): string {
  const table = `inet ${settings.table}`;
  const lines = [`add table ${table}`];
  for (const chain of OWN_CHAINS.map((hook) => chainName(settings, hook))) {
    lines.push(`add chain ${table} ${chain}`, `delete chain ${table} ${chain}`);
  }
  for (const set of POSSIBLE_SETS) {
    lines.push(declareSet(settings, set), `delete set ${table} ${setName(settings, set)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Makes the chains of an action, and these sets with their rules. */
export function formatSkeleton(settings: NftSettings, sets: readonly NftSet[]): string {
  const chains = settings.hooks.map((hook) => {
    const place = `type filter hook ${hook} priority ${settings.priority}; policy accept;`;
    return `add chain inet ${settings.table} ${chainName(settings, hook)} { ${place} }\n`;
  });
  return [...chains, ...sets.map((set) => formatSet(settings, set))].join("");
}

/** Makes one set and its rules. */
export function formatSet(settings: NftSettings, set: NftSet): string {
  const where = [formatMark(settings), settings.match, sourceOf(settings, set)].filter(Boolean).join(" ");
  const rules = settings.hooks.flatMap((hook) =>
    endsOf(settings).map(
      (end) => `add rule inet ${settings.table} ${chainName(settings, hook)} ${where} ${end}\n`,
    ),
  );
  return `${declareSet(settings, set)}\n${rules.join("")}`;
}

/** How many rules there are for each set. */
export function rulesForEach(settings: NftSettings): number {
  return endsOf(settings).length;
}

/** How the rules for a set end. What limits the log must not limit the blocking: these are two rules. */
function endsOf({ log, blocktype }: NftSettings): readonly string[] {
  return log === undefined ? [blocktype] : [log, blocktype];
}

/** Puts elements into sets that do not hold them. */
export function formatAdditions(
  settings: NftSettings,
  elements: Iterable<BlockedElement>,
  now: number,
): string {
  let last = { end: Number.NaN, text: "" };
  return formatElements("add", settings, elements, ({ ip, end }) => {
    // Of many bans made or restored together most end in the same second.
    last = end === last.end ? last : { end, text: formatTimeout(end - now) };
    return baseAddress(ip) + last.text;
  });
}

/** Takes addresses out of their sets, whether they are there or not. */
export function formatDeletions(settings: NftSettings, ips: readonly Ip[]): string {
  const items = ips.map((ip) => ({ ip }));
  const format = ({ ip }: { readonly ip: Ip }): string => baseAddress(ip);
  // Older versions of nft cannot delete what may be absent, and the kernel may have let go of an element just now.
  return formatElements("add", settings, items, format) + formatElements("delete", settings, items, format);
}

/** Elements that become one text; a text for each of a hundred thousand would live until the last of them is there. */
const PART = 500;

function formatElements<Item extends { readonly ip: Ip }>(
  verb: "add" | "delete",
  settings: NftSettings,
  items: Iterable<Item>,
  format: (item: Item) => string,
): string {
  const bySet = new Map<string, { readonly parts: string[]; readonly texts: string[] }>();
  for (const item of items) {
    const name = setName(settings, setOf(item.ip));
    const set = bySet.get(name) ?? { parts: [], texts: [] };
    bySet.set(name, set);
    if (set.texts.push(format(item)) === PART) {
      set.parts.push(set.texts.splice(0).join(", "));
    }
  }
  return [...bySet]
    .map(([name, { parts, texts }]) => [name, [...parts, ...texts].join(", ")])
    .map(([name, list]) => `${verb} element inet ${settings.table} ${name} { ${list} }\n`)
    .join("");
}

/** Sets of networks hold the first address of each; the rule masks the source. */
function baseAddress(ip: Ip): string {
  return isSingle(ip) ? ip.text : makeIp(ip.family, ip.bits, fullPrefix(ip.family)).text;
}

function formatTimeout(seconds: number): string {
  return seconds > LONGEST_TIMEOUT ? "" : ` timeout ${Math.max(1, Math.ceil(seconds)) + GRACE}s`;
}

function declareSet(settings: NftSettings, set: NftSet): string {
  const type = set.family === "inet4" ? "ipv4_addr" : "ipv6_addr";
  const counter = settings.counters ? " counter;" : "";
  return `add set inet ${settings.table} ${setName(settings, set)} { type ${type}; flags timeout;${counter} }`;
}

/** Bits of a mark may mean other things, so only those of ours are looked at. */
function formatMark({ allowMark }: NftSettings): string {
  return allowMark === undefined ? "" : `meta mark & ${allowMark} != ${allowMark}`;
}

function sourceOf(settings: NftSettings, set: NftSet): string {
  const full = fullPrefix(set.family);
  const ones = (1n << BigInt(full)) - 1n;
  const mask = makeIp(set.family, ones, set.prefix).bits;
  const masked = set.prefix === full ? "" : ` & ${makeIp(set.family, mask, full).text}`;
  return `${set.family === "inet4" ? "ip" : "ip6"} saddr${masked} @${setName(settings, set)}`;
}

function chainName({ label }: NftSettings, hook: string): string {
  return `${label}-${hook}`;
}
