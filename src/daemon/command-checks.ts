import { statSync } from "node:fs";
import { parseIp, type JailSpec } from "../model";
import type { Log } from "../platform";
import { RemoteError, valueError } from "../control";
import { requireFile } from "./backend-sources";
import { usesJournal } from "./journal-backend";
import type { SpecChange } from "./jail-changes";

/**
 * Looks at a change that somebody makes by hand, which is more likely to be mistyped than one from a configuration.
 * Throws `RemoteError` for a log that is not there; a number of a regex that is none is only told in the log.
 */
export function checkByHand(spec: JailSpec, change: SpecChange, log: Log): void {
  if (change.type === "add-logpath" && !usesJournal(spec)) {
    requireFile(change.path);
    if (statSync(change.path, { throwIfNoEntry: false })) {
      return;
    }
    throw new RemoteError("builtins.FileNotFoundError", [2, "No such file or directory", change.path]);
  }
  if (change.type === "del-regex" && spec.filter[change.list].at(change.index) === undefined) {
    log("ERROR", "filter", `[${spec.name}] There is no ${change.list} number ${change.index} to remove`);
  }
}

/** Any text can be banned, but not a network that is mistyped: it would ban nobody. Throws `RemoteError`. */
export function checkId(id: string): void {
  const [address = "", mask] = id.split("/");
  if (mask !== undefined && parseIp(address) && !parseIp(id)) {
    throw valueError(`'${id}' is no network: write it like 192.0.2.0/24`);
  }
}
