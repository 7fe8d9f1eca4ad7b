import { formatPython } from "../model";
import type { StreamEntry } from "./stream";

/** The stream as `fail2ban-client -d` prints it: one Python list per line. */
export function formatStream(entries: readonly StreamEntry[]): string {
  return entries.map((entry) => `${formatPython(entry.command)}\n`).join("");
}
