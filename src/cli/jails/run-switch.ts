import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { explainOption, findNearestName, readConfiguration, type Configuration } from "../../config";
import { FAIL2BAN_VERSION, formatProblem, messageOf, WarderError } from "../../model";
import { replaceFile } from "../../platform";
import type { ClientIo } from "../client-io";
import { setEnabled } from "./jail-local";
import { isEnabled, jailNames, readTree } from "./survey";

/** What `warder enable` or `disable` was asked. */
export interface SwitchRequest {
  readonly directory: string;
  readonly jails: readonly string[];
  readonly enabled: boolean;
}

/**
 * Switches jails on or off in `jail.local`; what the file has besides stays as it is. A jail that cannot be used as it
 * is configured is told, and the file is left alone. Gives 0, or 1 when another file still says otherwise.
 * @throws WarderError (code `jails`) before anything is written.
 */
export function runSwitch(request: SwitchRequest, io: ClientIo): number {
  const { directory, enabled } = request;
  const before = readTree(directory);
  request.jails.forEach((jail) => requireJail(before, jail, directory));
  const jails = [...new Set(request.jails)].filter((jail) => isEnabled(before, jail) !== enabled);
  const already = request.jails.filter((jail) => !jails.includes(jail));
  already.forEach((jail) => io.out(`${jail} is ${word(enabled)} already\n`));
  if (jails.length === 0) {
    return 0;
  }
  if (enabled) {
    jails.forEach((jail) => requireUsable(directory, jail));
  }
  const path = join(directory, "jail.local");
  write(
    path,
    jails.reduce((text, jail) => setEnabled(text, jail, enabled), read(path)),
  );
  const after = readTree(directory);
  const unchanged = jails.filter((jail) => isEnabled(after, jail) !== enabled);
  unchanged.forEach((jail) => io.err(`warder: ${describeWinner(after, jail, enabled)}\n`));
  const changed = jails.filter((jail) => !unchanged.includes(jail));
  changed.forEach((jail) => io.out(`${jail} is ${word(enabled)} now, in ${path}\n`));
  if (changed.length > 0) {
    io.out("A daemon that runs takes it over with: warder reload\n");
  }
  return unchanged.length > 0 ? 1 : 0;
}

function word(enabled: boolean): string {
  return enabled ? "on" : "off";
}

function requireJail(configuration: Configuration, jail: string, directory: string): void {
  const names = jailNames(configuration);
  if (!names.includes(jail)) {
    const nearest = findNearestName(jail, names);
    const advice = nearest === undefined ? '"warder jails --all" lists them' : `is "${nearest}" meant?`;
    throw new WarderError("jails", `There is no jail "${jail}" in ${directory}; ${advice}`);
  }
}

function requireUsable(directory: string, jail: string): void {
  const { problems, jails } = readConfiguration({
    directory,
    jail,
    evenDisabled: true,
    tolerateMissingLogs: true,
    version: FAIL2BAN_VERSION,
  });
  if (!jails.includes(jail)) {
    const problem =
      problems.find(({ severity }) => severity === "error") ?? problems.find((one) => one.jail === jail);
    const why = problem ? formatProblem(problem) : "its configuration cannot be used";
    throw new WarderError("jails", `Cannot switch on ${jail}, nothing was written: ${why}`);
  }
}

/** Files in jail.d are read after jail.local. */
function describeWinner(configuration: Configuration, jail: string, enabled: boolean): string {
  const origin = explainOption(configuration, jail, "enabled")?.origin;
  const place = origin ? `${origin.file}:${origin.line}` : "another file";
  return `${jail} is still ${word(!enabled)}: ${place} says so, and is read after jail.local. Change it there`;
}

function read(path: string): string {
  return attempt("read", path, () => (existsSync(path) ? readFileSync(path, "utf8") : ""));
}

function write(path: string, text: string): void {
  attempt("write", path, () => replaceFile(path, Buffer.from(text, "utf8")));
}

function attempt<Result>(what: string, path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const advice = process.getuid?.() === 0 ? "" : ". Run it as root";
    throw new WarderError("jails", `Cannot ${what} ${path}: ${messageOf(cause)}${advice}`, { cause });
  }
}
