import type { JailSpec } from "../model";

/** The name under which the database keeps a place in the journal. */
export const JOURNAL = "systemd-journal";

/** Whether a jail reads the journal: it was asked for, or no log was found and the journal has what it wants. */
export function usesJournal(spec: JailSpec): boolean {
  return spec.source.backend.startsWith("systemd");
}

/** Options of `systemd[journalpath=…, journalflags=…]`, quotes taken off. */
export function journalOptions(backend: string): Readonly<Record<string, string>> {
  const inside = /\[(.*)\]\s*$/s.exec(backend)?.[1] ?? "";
  const options: Record<string, string> = {};
  for (const match of inside.matchAll(/([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]]*))/g)) {
    options[match[1] ?? ""] = match[2] ?? match[3] ?? (match[4] ?? "").trim();
  }
  return options;
}
