import { createProgramRunner, type CommandResult, type CommandRunner } from "../platform";
import { NftTables } from "./native-tables";
import { Turns } from "./turns";

/** Seconds. */
const TIMEOUT = 30;
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
}

/** Why nft did not do it. */
export interface NftFailure {
  readonly message: string;
  /** The table, a set or a chain is not there (any more). */
  readonly isMissing: boolean;
  /** Nothing in the script is to blame, so a part of it would fare no better. */
  readonly isTotal: boolean;
}

/**
 * The nft of this system, or the one that a command in front of it leads to, such as `nsenter` with its arguments.
 * One script at a time: transactions of the kernel would only wait for each other.
 */
export function createNft(leader: readonly string[] = []): Nft {
  const turns = new Turns();
  const start = (...args: string[]): CommandRunner => {
    const [file = "nft", ...rest] = [...leader, "nft", ...args];
    const runner = createProgramRunner({ argv: [file, ...rest], outputLimit: LISTING_LIMIT });
    return { run: (request) => turns.inOrder(() => runner.run(request)) };
  };
  return {
    users: new NftTables(),
    apply: start("-f", "-"),
    names: start("-j", "-t", "-f", "-"),
    elements: start("-j", "-f", "-"),
  };
}

/** Runs a script; `undefined` when it was carried out. */
export async function applyScript({ apply: runner }: Nft, script: string): Promise<NftFailure | undefined> {
  return failureOf(await runner.run({ script, timeout: TIMEOUT }));
}

/** The answer to a query, or why there is none. */
export async function ask(runner: CommandRunner, query: string): Promise<string | NftFailure> {
  const result = await runner.run({ script: query, timeout: TIMEOUT });
  return failureOf(result) ?? result.stdout;
}

function failureOf(result: CommandResult): NftFailure | undefined {
  if (result.code === 0 && !result.timedOut) {
    return undefined;
  }
  if (result.startError !== undefined || result.timedOut || result.code === undefined) {
    const why = result.timedOut ? "does not answer" : (result.startError ?? result.signal ?? "ended");
    return { message: `nft: ${why}`, isMissing: false, isTotal: true };
  }
  const message = result.stderr.split("\n", 1)[0]?.replace(/^\S*stdin:[\d:-]+ /, "") ?? "";
  return {
    message: `nft: ${message.slice(0, 300)}`,
    isMissing: result.stderr.includes("No such file or directory"),
    isTotal: result.stderr.includes("Operation not permitted"),
  };
}
