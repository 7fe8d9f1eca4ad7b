import type { Family } from "../model";
import { isFailure, type FirewallFailure } from "./native-backend";
import type { Xtables } from "./native-xtables";
import { formatChain, formatChainRemoval, parseRuleLines, type RuleLines } from "./native-xtables-script";
import type { XtablesSettings } from "./native-xtables-settings";

const PROGRAMS: Readonly<Record<Family, string>> = { inet4: "iptables", inet6: "ip6tables" };
/** Waits for the lock another iptables may hold. */
const WAIT = "-w";
/** How often a change is tried that others come in between of. */
const ATTEMPTS = 5;

/** The chain of one action in iptables and ip6tables. What is done in one of them is one transaction. */
export class XtablesChains {
  readonly #xtables: Xtables;
  readonly #settings: XtablesSettings;

  constructor(xtables: Xtables, settings: XtablesSettings) {
    this.#xtables = xtables;
    this.#settings = settings;
  }

  /** All rules of the table `filter`. */
  async lines(family: Family): Promise<RuleLines | FirewallFailure> {
    const text = await this.#xtables.run(listing(family));
    return isFailure(text) ? text : parseRuleLines(text);
  }

  /** Makes the chain with exactly these rules. */
  build(family: Family, rules: readonly string[]): Promise<FirewallFailure | undefined> {
    return this.#rewrite(family, (lines) => formatChain(this.#settings, lines, rules));
  }

  /** Carries commands such as `-A CHAIN …` out. */
  async apply(family: Family, commands: readonly string[]): Promise<FirewallFailure | undefined> {
    const script = `${["*filter", ...commands, "COMMIT"].join("\n")}\n`;
    const answer = await this.#xtables.run(restoring(family), script);
    return isFailure(answer) ? answer : undefined;
  }

  async remove(families: readonly Family[]): Promise<FirewallFailure | undefined> {
    for (const family of families) {
      const failure = await this.#rewrite(family, (lines) => formatChainRemoval(this.#settings, lines));
      if (failure) {
        return failure;
      }
    }
    return undefined;
  }

  /**
   * Carries out what follows from the rules that are there. Between the look and the change others may take a rule away
   * that the script takes away too; the whole script is refused then, and the rules are looked at again.
   */
  async #rewrite(
    family: Family,
    scriptFor: (lines: RuleLines) => string,
  ): Promise<FirewallFailure | undefined> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#xtables.inTurn(async (run) => {
        const text = await run(listing(family));
        const script = isFailure(text) ? "" : scriptFor(parseRuleLines(text));
        return script === "" ? text : run(restoring(family), script);
      });
      if (!isFailure(answer) || !answer.isMissing || attempt === ATTEMPTS) {
        return isFailure(answer) ? answer : undefined;
      }
    }
  }
}

function listing(family: Family): [string, ...string[]] {
  return [PROGRAMS[family], WAIT, "-S"];
}

function restoring(family: Family): [string, ...string[]] {
  return [`${PROGRAMS[family]}-restore`, WAIT, "-n"];
}
