import { explainOption, readConfiguration, type Configuration } from "../../config";
import { FAIL2BAN_VERSION, formatProblem, WarderError } from "../../model";
import { globPaths } from "../../platform";
import type { Machine } from "./machine";
import { servicesOf } from "./services";

/** A jail of the tree, and what of its service is on this machine. */
export interface SurveyedJail {
  readonly jail: string;
  readonly enabled: boolean;
  /** Programs that run, and units that are only installed. */
  readonly running: readonly string[];
  readonly installed: readonly string[];
  /** Ports of the jail something listens at; none when the jail closes all. */
  readonly openPorts: readonly number[];
  /** What `logpath` names, and which of it exists. */
  readonly logpath: readonly string[];
  readonly logs: readonly string[];
  readonly journal: boolean;
}

/** Reads only what concerns all jails. @throws WarderError (code `jails`) when that cannot be used. */
export function readTree(directory: string): Configuration {
  const options = { directory, tolerateMissingLogs: true, version: FAIL2BAN_VERSION };
  // No jail has that name: none is read.
  const configuration = readConfiguration({ ...options, jail: "INCLUDES" });
  const error = configuration.problems.find(
    ({ severity, message }) => severity === "error" && !message.includes("[INCLUDES]"),
  );
  if (error) {
    throw new WarderError("jails", formatProblem(error));
  }
  if (jailNames(configuration).length === 0) {
    throw new WarderError("jails", `There is no jail in ${directory}: is that a configuration folder?`);
  }
  return configuration;
}

/** Every jail, in the order of the files. */
export function jailNames({ jailConfig }: Configuration): readonly string[] {
  return jailConfig.sectionNames.filter((name) => name !== "INCLUDES" && name !== "DEFAULT");
}

/** Looks at every jail. */
export function surveyJails(configuration: Configuration, machine: Machine): readonly SurveyedJail[] {
  return jailNames(configuration).map((jail) => surveyJail(configuration, jail, machine));
}

/** Whether the option `enabled` of a jail says yes. */
export function isEnabled(configuration: Configuration, jail: string): boolean {
  return /^(?:1|on|true|yes)$/i.test(valueOf(configuration, jail, "enabled"));
}

function surveyJail(configuration: Configuration, jail: string, machine: Machine): SurveyedJail {
  const services = servicesOf(jail);
  const logpath = valueOf(configuration, jail, "logpath")
    .split("\n")
    .map((line) => line.trim().replace(/ (?:head|tail)$/, ""))
    .filter((path) => path !== "");
  return {
    jail,
    enabled: isEnabled(configuration, jail),
    running: services.filter((name) => machine.programs.has(name)),
    installed: services.filter((name) => machine.units.has(name)),
    openPorts: openPorts(configuration, jail, machine),
    logpath,
    logs: logpath.flatMap((pattern) => globPaths(pattern)),
    journal: valueOf(configuration, jail, "backend").startsWith("systemd"),
  };
}

function openPorts(configuration: Configuration, jail: string, machine: Machine): readonly number[] {
  const words = valueOf(configuration, jail, "port").split(/[\s,]+/);
  const protocols = valueOf(configuration, jail, "protocol").split(/[\s,]+/);
  const sets = (["tcp", "udp"] as const)
    .filter((protocol) => protocols.includes(protocol) || protocols.includes("all"))
    .map((protocol) => machine.ports[protocol]);
  const numbers = words.flatMap(
    (word) => machine.portNumbers.get(word) ?? (/^\d+$/.test(word) ? Number(word) : []),
  );
  return [...new Set(numbers)].filter((port) => sets.some((set) => set.has(port))).sort((a, b) => a - b);
}

function valueOf(configuration: Configuration, jail: string, option: string): string {
  return explainOption(configuration, jail, option)?.value ?? "";
}
