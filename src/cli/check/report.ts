import { formatProblem, type Problem } from "../../model";
import { withoutJail } from "../problem-text";

/** One problem as `--json` writes it. */
export interface Finding {
  readonly severity: Problem["severity"];
  readonly file: string | null;
  readonly line: number | null;
  readonly jail: string | null;
  readonly message: string;
}

/** Puts together what is wrong in several jails for one reason, such as a value of [DEFAULT]; errors come first. */
export function gatherProblems(problems: readonly Problem[]): Problem[] {
  const groups = new Map<string, { readonly problem: Problem; readonly jails: Set<string> }>();
  for (const problem of problems.map(withoutJail)) {
    const { severity, message, origin } = problem;
    // Without a place to correct, each jail is a case of its own.
    const key = JSON.stringify([severity, message, origin, origin ? "" : problem.jail]);
    const group = groups.get(key) ?? { problem, jails: new Set() };
    groups.set(key, group);
    if (problem.jail !== undefined) {
      group.jails.add(problem.jail);
    }
  }
  const gathered = [...groups.values()].map(({ problem, jails }) => withJails(problem, [...jails]));
  return [...gathered.filter(isError), ...gathered.filter((problem) => !isError(problem))];
}

/** `file:line: error: jail "x": message`. */
export function formatFinding(problem: Problem): string {
  const jail = problem.jail === undefined ? "" : `jail "${problem.jail}": `;
  return formatProblem({ ...problem, message: `${problem.severity}: ${jail}${problem.message}` });
}

/** All problems as a JSON array. */
export function formatJson(problems: readonly Problem[]): string {
  const findings = problems.map(
    ({ severity, message, origin, jail }): Finding => ({
      severity,
      file: origin?.file ?? null,
      line: origin?.line ?? null,
      jail: jail ?? null,
      message,
    }),
  );
  return `${JSON.stringify(findings, null, 2)}\n`;
}

/** `2 errors, 1 warning`, or that there are none. */
export function formatSummary(problems: readonly Problem[]): string {
  const errors = problems.filter(isError).length;
  const counts = [count(errors, "error"), count(problems.length - errors, "warning")];
  return counts.filter((text) => text !== "").join(", ") || "nothing is wrong";
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

function count(amount: number, what: string): string {
  return amount === 0 ? "" : `${amount} ${what}${amount === 1 ? "" : "s"}`;
}

function withJails(problem: Problem, jails: readonly string[]): Problem {
  const { jail: _, ...rest } = problem;
  if (jails.length < 2) {
    return problem;
  }
  const shown = jails.slice(0, 3).join(", ");
  return {
    ...rest,
    message: `${problem.message} (${jails.length} jails: ${shown}${jails.length > 3 ? " …" : ""})`,
  };
}
