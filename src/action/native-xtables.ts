import { createProgramRunner } from "../platform";
import { isFailure, type FirewallFailure } from "./native-backend";
import { leadBy } from "./native-nft";
import { ask } from "./native-run";
import { Turns } from "./turns";
import type { FirewallWatch } from "./native-watch";

/** Bytes; a hundred thousand entries take about four million. */
const LISTING_LIMIT = 64 << 20;

/** The output of a program that gets this script as its standard input. */
export type RunXtables = (
  argv: readonly [string, ...string[]],
  script?: string,
) => Promise<string | FirewallFailure>;

/** The way iptables, ip6tables and ipset are spoken to, one at a time. */
export interface Xtables {
  readonly run: RunXtables;
  /** Several programs, with none of ours in between. */
  inTurn<T>(work: (run: RunXtables) => Promise<T>): Promise<T>;
  readonly watch: FirewallWatch;
  /** Whether the watch sees what happens to rules: only those of nf_tables are seen. */
  isSeen(): Promise<boolean>;
}

/** The programs of this system, or those that a command in front of them leads to. */
export function createXtables(watch: FirewallWatch, leader: readonly string[] = []): Xtables {
  const turns = new Turns();
  const started = (pid: number): void => watch.own(pid);
  let seen: Promise<boolean> | undefined;
  const runNow: RunXtables = ([program, ...args], script) => {
    const argv = leadBy(leader, program, ...args);
    return ask(createProgramRunner({ argv, outputLimit: LISTING_LIMIT, started }), program, script);
  };
  const inTurn: Xtables["inTurn"] = (work) => turns.inOrder(() => work(runNow));
  const run: RunXtables = (argv, script) => inTurn((now) => now(argv, script));
  const isSeen = async (): Promise<boolean> => {
    const version = await run(["iptables", "--version"]);
    return !isFailure(version) && version.includes("nf_tables");
  };
  return { run, inTurn, watch, isSeen: () => (seen ??= isSeen()) };
}
