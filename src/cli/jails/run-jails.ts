import type { ClientIo } from "../client-io";
import type { Machine } from "./machine";
import { readTree, surveyJails, type SurveyedJail } from "./survey";

/** What `warder jails` was asked. */
export interface JailsRequest {
  readonly directory: string;
  /** Show the jails whose service is not here as well. */
  readonly all: boolean;
  readonly json: boolean;
}

/** Log files named before the rest is only counted. */
const MOST_LOGS = 2;

/** `warder jails`: writes which jails are on, and which would guard what runs here. @throws WarderError */
export function runJails(request: JailsRequest, machine: Machine, io: ClientIo): number {
  const jails = surveyJails(readTree(request.directory), machine);
  if (request.json) {
    io.out(`${JSON.stringify(jails, null, 2)}\n`);
    return 0;
  }
  const here = jails.filter((one) => one.enabled || isHere(one));
  const absent = jails.filter((one) => !here.includes(one));
  const width = Math.max(...jails.map(({ jail }) => jail.length));
  const line = (one: SurveyedJail): string =>
    `  ${one.jail.padEnd(width)}  ${one.enabled ? "on " : "off"}  ${describe(one)}\n`;
  io.out(
    here.length === 0 ? "None of the services that the jails know runs here.\n" : here.map(line).join(""),
  );
  if (request.all) {
    io.out(`\nTheir services were not found here:\n\n${absent.map(line).join("")}`);
  }
  io.out(formatOffer(here, request.directory));
  if (!request.all && absent.length > 0) {
    io.out(`\n${absent.length} more jails guard what was not found here: warder jails --all\n`);
  }
  return 0;
}

function isHere({ running, installed }: SurveyedJail): boolean {
  return running.length > 0 || installed.length > 0;
}

function describe({ running, installed, openPorts, logpath, logs, journal }: SurveyedJail): string {
  const parts = [
    running.length > 0 ? `${running.join(", ")} runs` : "",
    running.length === 0 && installed.length > 0 ? `${installed.join(", ")} is installed, does not run` : "",
    openPorts.length > 0 ? `port ${openPorts.join(", ")} open` : "",
    journal ? "reads the journal" : describeLogs(logpath, logs),
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function describeLogs(logpath: readonly string[], logs: readonly string[]): string {
  if (logs.length === 0) {
    return logpath.length === 0 ? "" : `no log at ${logpath.join(", ")}`;
  }
  const more = logs.length > MOST_LOGS ? ` and ${logs.length - MOST_LOGS} more` : "";
  return `log ${logs.slice(0, MOST_LOGS).join(", ")}${more}`;
}

/** Only where there is something to read: a jail that waits for a log guards nothing yet. */
function formatOffer(here: readonly SurveyedJail[], directory: string): string {
  const useful = here.filter((one) => !one.enabled && (one.logs.length > 0 || one.journal));
  if (useful.length === 0) {
    return "";
  }
  const names = useful.map(({ jail }) => jail);
  const lines = names.map((jail) => `  [${jail}]\n  enabled = true\n`);
  const how = `To switch them on, write into ${directory}/jail.local (or let "warder enable" do it):`;
  return `\n${how}\n\n${lines.join("\n")}\n  warder enable ${names.join(" ")}\n`;
}
