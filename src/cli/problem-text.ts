import { formatProblem, type Problem } from "../model";

/** `file:line: jail "x": message`. */
export function describeProblem(problem: Problem): string {
  const { jail, message } = withoutJail(problem);
  return formatProblem({ ...problem, message: jail === undefined ? message : `jail "${jail}": ${message}` });
}

/** Messages of the configuration begin with the jail's name, which the problem carries anyway. */
export function withoutJail(problem: Problem): Problem {
  const start = `jail "${problem.jail}": `;
  return problem.message.startsWith(start)
    ? { ...problem, message: problem.message.slice(start.length) }
    : problem;
}
