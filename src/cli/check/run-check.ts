import { readConfiguration, type Configuration } from "../../config";
import { FAIL2BAN_VERSION, type Problem } from "../../model";
import type { ClientIo } from "../client-io";
import { checkTree } from "./check-tree";
import { formatFinding, formatJson, formatSummary, gatherProblems } from "./report";

const FINE = 0;
const WARNINGS = 1;
const ERRORS = 2;

/** What `warder check` was asked. */
export interface CheckRequest {
  readonly directory: string;
  /** Look at jails that are off as well. */
  readonly all?: boolean;
  /** Write a JSON array instead of lines. */
  readonly json: boolean;
}

/** `warder check`: writes all problems of a tree. Gives 0 when there are none, 1 for warnings only, 2 for errors. */
export function runCheck(request: CheckRequest, io: ClientIo): number {
  const { directory, json, all = false } = request;
  // As for the daemon: a log that is not there yet is followed when it comes.
  const options = { directory, tolerateMissingLogs: true, evenDisabled: all, version: FAIL2BAN_VERSION };
  const configuration = readConfiguration(options);
  const problems = allProblems(configuration, directory);
  if (json) {
    io.out(formatJson(problems));
  } else {
    problems.forEach((problem) => io.out(`${formatFinding(problem)}\n`));
    const jails = configuration.jails.length;
    io.out(
      `${directory}: ${formatSummary(problems)} (${jails} ${jails === 1 ? "jail" : "jails"} ${all ? "looked at" : "enabled"})\n`,
    );
  }
  const worst = problems[0]?.severity;
  return worst === undefined ? FINE : worst === "error" ? ERRORS : WARNINGS;
}

/** What reading the tree told and what the checks found, each thing once, errors first. */
export function allProblems(configuration: Configuration, directory: string): readonly Problem[] {
  return gatherProblems([...configuration.problems, ...checkTree(configuration, { directory })]);
}
