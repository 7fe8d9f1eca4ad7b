import type { CommandResult, CommandRunner } from "../platform";
import type { FirewallFailure } from "./native-backend";

/** Seconds a program of the firewall may take. */
const TIMEOUT = 30;
const MISSING =
  /No such file or directory|does a matching rule exist|No chain\/target\/match|does not exist|doesn't exist|incompatible, use 'nft' tool/i;
/** Where in its script a program stumbled. */
const PLACE = /^\S+:\d+:\d+(?:-\d+)?:? /;

/** Runs a script; `undefined` when it was carried out. */
export async function applyScript(
  runner: CommandRunner,
  program: string,
  script: string,
): Promise<FirewallFailure | undefined> {
  return failureOf(program, await runner.run({ script, timeout: TIMEOUT }));
}

/** The output of a program, or why there is none. */
export async function ask(
  runner: CommandRunner,
  program: string,
  script = "",
): Promise<string | FirewallFailure> {
  const result = await runner.run({ script, timeout: TIMEOUT });
  return failureOf(program, result) ?? result.stdout;
}

function failureOf(program: string, result: CommandResult): FirewallFailure | undefined {
  if (result.code === 0 && !result.timedOut) {
    return undefined;
  }
  if (result.startError !== undefined || result.timedOut || result.code === undefined) {
    const why = result.timedOut ? "does not answer" : (result.startError ?? result.signal ?? "ended");
    return { message: `${program}: ${why}`, isMissing: false, isTotal: true };
  }
  const lines = result.stderr.replace(PLACE, "").split("\n");
  // A program may say what it is before it says what is wrong.
  const message = (lines[0]?.endsWith(": ") ? lines.slice(0, 3).join("") : lines[0]) ?? "";
  return {
    message: message.startsWith(program) ? message.slice(0, 300) : `${program}: ${message.slice(0, 300)}`,
    isMissing: MISSING.test(result.stderr),
    isTotal: /Operation not permitted|Permission denied|must be root/.test(result.stderr),
  };
}
