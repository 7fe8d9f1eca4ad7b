import type { Family } from "../model";
import { isFailure, type FirewallFailure } from "./native-backend";
import type { Xtables } from "./native-xtables";
import { formatChain, formatChainRemoval, parseRuleLines, type RuleLines } from "./native-xtables-script";
import type { XtablesSettings } from "./native-xtables-settings";

const PROGRAMS: Readonly<Record<Family, string>> = { inet4: "iptables", inet6: "ip6tables" };
/** Waits for the lock another iptables may hold. */
const WAIT = "-w";

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
    const text = await this.#xtables.run([PROGRAMS[family], WAIT, "-S"]);
    return isFailure(text) ? text : parseRuleLines(text);
  }

  /** Makes the chain with exactly these rules; `lines` is what is there. */
  build(family: Family, lines: RuleLines, rules: readonly string[]): Promise<FirewallFailure | undefined> {
    return this.#restore(family, formatChain(this.#settings, lines, rules));
  }

  /** Carries commands such as `-A CHAIN …` out. */
  apply(family: Family, commands: readonly string[]): Promise<FirewallFailure | undefined> {
    return this.#restore(family, `${["*filter", ...commands, "COMMIT"].join("\n")}\n`);
  }

  async remove(families: readonly Family[]): Promise<FirewallFailure | undefined> {
    for (const family of families) {
      const lines = await this.lines(family);
      const script = isFailure(lines) ? lines : formatChainRemoval(this.#settings, lines);
      const failure = typeof script !== "string" ? script : await this.#restore(family, script);
      if (failure) {
        return failure;
      }
    }
    return undefined;
  }

  async #restore(family: Family, script: string): Promise<FirewallFailure | undefined> {
    if (script === "") {
      return undefined;
    }
    const answer = await this.#xtables.run([`${PROGRAMS[family]}-restore`, WAIT, "-n"], script);
    return isFailure(answer) ? answer : undefined;
  }
}
