import type { JailSettings } from "../jail";
import type { Log } from "../platform";

/** Jails with names this long may not fit the names of firewall chains. */
const LONG_NAME = 26;

/** Writes that a jail begins, and its numbers, in the words of fail2ban's log. */
export function logNewJail(
  jail: { readonly name: string; readonly backend: string; readonly settings: JailSettings },
  log: Log,
): void {
  log("INFO", "jail", `Creating new jail '${jail.name}'`);
  if (jail.name.length >= LONG_NAME) {
    const trouble = "might be too long and some commands might not function correctly. Please shorten";
    log("WARNING", "jail", `Jail name '${jail.name}' ${trouble}`);
  }
  const { maxretry, findtime, bantime } = jail.settings;
  log("INFO", "jail", `Jail '${jail.name}' uses ${jail.backend}`);
  log("INFO", "filter", `  maxRetry: ${maxretry}`);
  log("INFO", "filter", `  findtime: ${findtime}`);
  log("INFO", "actions", `  banTime: ${bantime}`);
}
