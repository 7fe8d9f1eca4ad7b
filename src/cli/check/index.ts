/**
 * `warder check` and `fail2ban-client -t`: takes a configuration folder, gives all that is wrong with it, also what
 * fail2ban finds only when it runs, or never. Reads files and nothing else: starts nothing, changes nothing.
 */
export { checkFilters, type FilterCheckPace } from "./filter-check";
export { formatFinding } from "./report";
export { allProblems, runCheck, type CheckRequest } from "./run-check";
