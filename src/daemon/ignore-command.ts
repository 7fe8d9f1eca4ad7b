import type { Ban, Failure, Offender } from "../model";
import { composeScript, createBanTarget } from "../action";
import { makeActionContext } from "./jail-actions";
import type { JailNeeds } from "./jail-needs";
import type { LiveJail } from "./live-jail";

/** Seconds an ignorecommand may take. */
const TIMEOUT = 60;

/**
 * Runs `ignorecommand` for a failure, tags filled in as in actions. True (exit status 0) ignores it; 1 does not, and
 * neither does a command that fails, which is said.
 */
export async function askIgnoreCommand(
  command: string,
  about: { readonly failure: Failure; readonly offender: Offender; readonly jail: LiveJail },
  needs: JailNeeds,
): Promise<boolean> {
  const { failure, offender, jail } = about;
  const ban: Ban = {
    jail: jail.name,
    offender,
    ...(failure.ip === undefined ? {} : { ip: failure.ip }),
    time: failure.time,
    bantime: jail.bantime,
    bancount: 1,
    restored: false,
    data: { matches: failure.matches, failures: failure.count, groups: failure.groups },
  };
  const { tags } = createBanTarget(ban, makeActionContext(jail, needs));
  const script = await composeScript(command, tags);
  const result = await needs.runner.run({
    script: script.text,
    variables: script.variables,
    timeout: TIMEOUT,
  });
  if (result.code !== 0 && result.code !== 1) {
    const why =
      result.startError ?? (result.timedOut ? "timed out" : `returned ${result.code ?? result.signal}`);
    needs.log(
      "ERROR",
      "filter",
      `[${jail.name}] ignorecommand ${why}: ${result.stderr.trim().slice(0, 500)}`,
    );
  }
  return result.code === 0;
}
