import { CHAIN_PREFIX, type Position, type XtablesSettings } from "./native-xtables-settings";

/** Rules of the table `filter` as `iptables -S` prints them. */
export type RuleLines = readonly string[];

/** Reads what `iptables -S` prints. */
export function parseRuleLines(text: string): RuleLines {
  return text.split("\n").filter((line) => line.startsWith("-"));
}

/** The rules of one chain. */
export function rulesOf(lines: RuleLines, chain: string): RuleLines {
  return lines.filter((line) => line.startsWith(`-A ${chain} `));
}

/** Whether a chain of our own is there. */
export function hasChain(lines: RuleLines, chain: string): boolean {
  return lines.includes(`-N ${chain}`);
}

/** Makes our chain with exactly these rules, and one way into it for each match, in one transaction. */
export function formatChain(settings: XtablesSettings, lines: RuleLines, rules: readonly string[]): string {
  const { chain, parents, matches } = settings;
  const ways = parents.flatMap((parent) => {
    const place = placeOf(settings, lines, parent) + 1;
    return matches.map((match, i) =>
      ["-I", parent, String(place + i), match, "-j", chain].filter(Boolean).join(" "),
    );
  });
  const own = rules.map((rule) => `-A ${chain} ${rule}`);
  return `${["*filter", `:${chain} - [0:0]`, ...own, ...formatLeaving(settings, lines), ...ways, "COMMIT"].join("\n")}\n`;
}

/** Removes our chain and all ways into it; empty when there is nothing to remove. */
export function formatChainRemoval(settings: XtablesSettings, lines: RuleLines): string {
  const { chain } = settings;
  return hasChain(lines, chain)
    ? `${["*filter", ...formatLeaving(settings, lines), `-F ${chain}`, `-X ${chain}`, "COMMIT"].join("\n")}\n`
    : "";
}

/** Whether there is a way into our chain for each match, where it should be. */
export function isInPlace(settings: XtablesSettings, lines: RuleLines): boolean {
  const { chain, parents, matches, position } = settings;
  return (
    hasChain(lines, chain) &&
    parents.every((parent) => {
      const rules = rulesOf(lines, parent);
      const ways = rules.filter((rule) => leadsTo(rule, chain));
      const wanted = rankWanted(position, rules);
      return ways.length === matches.length && (wanted === undefined || wanted === rankOf(rules, chain));
    })
  );
}

function formatLeaving({ chain }: XtablesSettings, lines: RuleLines): readonly string[] {
  return lines
    .filter((line) => line.startsWith("-A ") && leadsTo(line, chain))
    .map((line) => `-D${line.slice(2)}`);
}

/** The number of rules in front of our way, once all ways of ours are gone from the chain. */
function placeOf({ chain, position }: XtablesSettings, lines: RuleLines, parent: string): number {
  const rules = rulesOf(lines, parent);
  const rank = rankWanted(position, rules);
  if (rank === undefined) {
    const first = rules.findIndex((rule) => leadsTo(rule, chain));
    return Math.max(first, 0);
  }
  const left = rules.filter((rule) => !leadsTo(rule, chain));
  let foreign = 0;
  for (const [i, rule] of left.entries()) {
    if (foreign === rank) {
      return i;
    }
    foreign += isForeign(rule) ? 1 : 0;
  }
  return left.length;
}

/** How many rules of others should be in front of our way; `undefined` when that does not matter. */
function rankWanted(position: Position, rules: RuleLines): number | undefined {
  const foreign = rules.filter(isForeign);
  switch (position.kind) {
    case "top":
      return undefined;
    case "last":
      return foreign.length;
    case "after":
    case "before": {
      const isTarget = foreign.map((rule) => leadsTo(rule, position.target));
      const index = position.kind === "after" ? isTarget.lastIndexOf(true) + 1 : isTarget.indexOf(true);
      return isTarget.includes(true) ? index : undefined;
    }
  }
}

function rankOf(rules: RuleLines, chain: string): number {
  const first = rules.findIndex((rule) => leadsTo(rule, chain));
  return rules.slice(0, first).filter(isForeign).length;
}

/** Other jails of ours may stand in any order. */
function isForeign(rule: string): boolean {
  return !rule.includes(` -j ${CHAIN_PREFIX}`);
}

function leadsTo(rule: string, chain: string): boolean {
  return new RegExp(` -[jg] ${chain}(?: |$)`).test(rule);
}
