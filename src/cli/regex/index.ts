/**
 * `fail2ban-regex`: tries a filter on lines of a log. Takes arguments, a log and a filter; gives the report (or the
 * failures in a format of choice) and an exit status. Changes nothing, bans nobody, never throws for what a line says.
 */
export { runRegex } from "./run";
