import type { Configuration } from "../../config";
import type { Problem } from "../../model";
import { checkActions } from "./actions";
import { checkDoubledJails } from "./doubled-jails";
import { HostileCheck } from "./hostile";
import { checkIgnoreip } from "./ignoreip";
import { foldJail, type FoldedJail } from "./jail-fold";
import { checkPermissions } from "./permissions";
import { checkRegexes } from "./regexes";
import { checkServer, checkSettings } from "./settings";

/** What to check. */
export interface CheckOptions {
  readonly directory: string;
  /** Time for trying patterns with hostile lines, in milliseconds; what is not looked at is told. */
  readonly hostileMs?: number;
}

const HOSTILE_MS = 30_000;

/** Everything that is wrong beyond what reading the configuration has told already. */
export function checkTree(configuration: Configuration, options: CheckOptions): Problem[] {
  const jails = configuration.jails.map((name) => foldJail(configuration, name));
  const server = checkServer(configuration.stream.filter((entry) => entry.jail === undefined));
  const hostile = new HostileCheck(options.hostileMs ?? HOSTILE_MS);
  return [
    ...checkPermissions(options.directory),
    ...server.problems,
    ...jails.flatMap((jail) => checkJail(jail, server.purgeAge, hostile)),
    ...hostile.finish(),
    ...checkDoubledJails(jails),
  ];
}

function checkJail(jail: FoldedJail, purgeAge: number | undefined, hostile: HostileCheck): Problem[] {
  const { problems, filter } = checkRegexes(jail);
  return [
    ...jail.problems,
    ...checkSettings(jail, purgeAge),
    ...checkIgnoreip(jail),
    ...checkActions(jail),
    ...problems,
    ...hostile.check(jail.spec.name, filter),
  ];
}
