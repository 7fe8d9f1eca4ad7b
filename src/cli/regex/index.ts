/**
 * `fail2ban-regex`: tries a filter on lines of a log. Takes arguments, a log and a filter; gives the report (or the
 * failures in a format of choice) and an exit status. `warder regex` does the same for people: which part of a line each
 * group took, and why a line does not match. Changes nothing, bans nobody, never throws for what a line says.
 */
export { explainRegex } from "./explain/run-explain";
export { runRegex } from "./run";
