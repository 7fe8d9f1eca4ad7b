import { createProgramRunner, systemClock, type CommandRunner } from "../platform";
import { NftShell } from "./native-nft-shell";
import { NftTables } from "./native-tables";
import { Turns } from "./turns";
import { NftMonitor } from "./native-monitor";
import type { FirewallWatch } from "./native-watch";

/** Bytes; a hundred thousand elements take about ten million. */
const LISTING_LIMIT = 256 << 20;

/** The ways nft is spoken to. A script is one transaction: all of it or nothing. */
export interface Nft {
  /** Carries a script out. */
  readonly apply: CommandRunner;
  /** Answers queries in JSON, without the elements of sets. */
  readonly names: CommandRunner;
  /** Answers queries in JSON, with the elements of sets; version 1.0.6 answers only one query at a time. */
  readonly elements: CommandRunner;
  readonly users: NftTables;
  readonly watch: FirewallWatch;
}

/**
 * The nft of this system, or the one that a command in front of it leads to, such as `nsenter` with its arguments.
 * One script at a time: transactions of the kernel would only wait for each other.
 */
export function createNft(leader: readonly string[] = [], watch = createWatch(leader)): Nft {
  const turns = new Turns();
  const started = (pid: number): void => watch.own(pid);
  const inTurn = (runner: CommandRunner): CommandRunner => ({
    run: (request) => turns.inOrder(() => runner.run(request)),
  });
  const start = (...args: string[]): CommandRunner =>
    createProgramRunner({ argv: leadBy(leader, "nft", ...args), outputLimit: LISTING_LIMIT, started });
  const shell = new NftShell({ argv: leadBy(leader, "nft", "-i"), usual: start("-f", "-"), started });
  return {
    users: new NftTables(),
    watch,
    apply: inTurn(shell),
    names: inTurn(start("-j", "-t", "-f", "-")),
    elements: inTurn(start("-j", "-f", "-")),
  };
}

/** Watches the firewall of this system, or that of a leader as above. */
export function createWatch(leader: readonly string[] = []): FirewallWatch {
  return new NftMonitor({ argv: leadBy(leader, "nft", "monitor"), clock: systemClock({ background: true }) });
}

/** A command with others in front of it. */
export function leadBy(leader: readonly string[], ...argv: [string, ...string[]]): [string, ...string[]] {
  const [first, ...rest] = leader;
  return first === undefined ? argv : [first, ...rest, ...argv];
}
