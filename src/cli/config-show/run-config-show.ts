import { findNearestName, listJailOptions, readConfiguration, type Configuration } from "../../config";
import { FAIL2BAN_VERSION, formatProblem, WarderError } from "../../model";
import { foldStream } from "../../daemon";
import type { ClientIo } from "../client-io";
import { formatExplanations, formatList, toJson } from "./format-values";
import { findOwn, listValues, type ShownOption } from "./jail-values";

/** What `warder config show` was asked. */
export interface ShowRequest {
  readonly directory: string;
  readonly jail: string;
  readonly option?: string;
  readonly json: boolean;
}

/** References inside references that are followed. */
const DEPTH = 5;
const REFERENCE = /%\(([^)/]{1,200})\)s/g;

/**
 * Writes the values in effect. Gives 0, or 1 when the jail has errors, which are told.
 * @throws WarderError when there is no such jail or option.
 */
export function runConfigShow(request: ShowRequest, io: ClientIo): number {
  const { directory, jail, json } = request;
  const base = { directory, tolerateMissingLogs: true, version: FAIL2BAN_VERSION };
  const all = readConfiguration({ ...base, jail: "INCLUDES" });
  requireJail(all, jail);
  const configuration = readConfiguration({ ...base, jail, evenDisabled: true });
  const option = request.option?.toLowerCase();
  const shown =
    option === undefined ? listValues(configuration, jail) : findValues(configuration, jail, option);
  const errors = configuration.problems.filter(({ severity }) => severity === "error");
  errors.forEach((problem) => io.err(`warder: ${formatProblem(problem)}\n`));
  if (json) {
    io.out(`${JSON.stringify(toJson(shown), null, 2)}\n`);
  } else {
    io.out(option === undefined ? formatList(shown) : formatExplanations(shown));
  }
  return errors.length > 0 ? 1 : 0;
}

function requireJail({ jailConfig, problems }: Configuration, jail: string): void {
  if (jailConfig.hasSection(jail) && jail !== "INCLUDES") {
    return;
  }
  const error = problems.find(
    ({ severity, message }) => severity === "error" && !message.includes("INCLUDES"),
  );
  if (error) {
    throw new WarderError("config-show", formatProblem(error));
  }
  const names = jailConfig.sectionNames.filter((name) => name !== "INCLUDES");
  const nearest = findNearestName(jail, names);
  const advice =
    nearest === undefined ? `there are ${names.length}: ${names.join(", ")}` : `is "${nearest}" meant?`;
  throw new WarderError("config-show", `There is no jail "${jail}"; ${advice}`);
}

/** The option wherever it is set: in the jail, its filter or its actions; behind it what its value refers to. */
function findValues(configuration: Configuration, jail: string, option: string): ShownOption[] {
  const listed = listValues(configuration, jail).filter((shown) => shown.option === option);
  const own = findOwn(configuration, jail, option);
  const found = listed.length > 0 ? listed : own ? [own] : [];
  if (found.length > 0) {
    return [...found, ...followReferences(configuration, jail, { found, seen: new Set([option]) })];
  }
  const known = new Set(listJailOptions(configuration, jail));
  if (known.has(option)) {
    return [{ part: `jail ${jail}`, option, lines: [{ text: builtIn(option) }], chain: [] }];
  }
  const names = [...known, ...listValues(configuration, jail).map((shown) => shown.option)];
  const nearest = findNearestName(option, names);
  const advice = nearest === undefined ? "" : `; is "${nearest}" meant?`;
  throw new WarderError("config-show", `Jail "${jail}" has no option "${option}"${advice}`);
}

/** What the daemon takes for an option that is not set. */
function builtIn(option: string): string {
  const [spec] = foldStream([{ command: ["add", "x", "auto"] }, { command: ["start", "x"] }]).jails;
  const values = { ...spec, ...spec?.source, ...spec?.filter, ...spec?.ignore };
  const value = new Map(Object.entries(values)).get(option);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

/** Each option that the values in effect refer to, once. */
function followReferences(
  configuration: Configuration,
  jail: string,
  from: { readonly found: readonly ShownOption[]; readonly seen: Set<string>; readonly depth?: number },
): ShownOption[] {
  const { found, seen, depth = 1 } = from;
  const names = found
    .flatMap(({ chain }) => [...(chain.at(-1)?.text ?? "").matchAll(REFERENCE)])
    .map((match) => (match[1] ?? "").toLowerCase())
    .filter((name) => !seen.has(name) && seen.add(name));
  const next = names.flatMap((name) => findOwn(configuration, jail, name) ?? []);
  return next.length === 0 || depth >= DEPTH
    ? next
    : [...next, ...followReferences(configuration, jail, { found: next, seen, depth: depth + 1 })];
}
