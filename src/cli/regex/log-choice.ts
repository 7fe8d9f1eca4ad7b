import { statSync } from "node:fs";

/** Where the lines come from. */
export type LogChoice =
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "journal"; readonly backend: string }
  | { readonly type: "text"; readonly text: string };

/** Says what the LOG argument names; what is neither the journal nor a file is a line. */
export function chooseLog(text: string): LogChoice {
  if (/^systemd-journal(?:\[|$)/.test(text)) {
    return { type: "journal", backend: text };
  }
  return isFile(text) ? { type: "file", path: text } : { type: "text", text };
}

function isFile(path: string): boolean {
  try {
    // Pipes and devices can be read as well.
    return !(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true);
  } catch {
    return false;
  }
}
