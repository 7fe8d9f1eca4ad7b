import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What fail2ban makes of a folder: its dump, or the error it gives up with. */
export type OracleAnswer =
  | { readonly lines: readonly string[]; readonly pretty: string }
  | { readonly error: string };

export interface OracleRequest {
  readonly directory: string;
  readonly jail?: string;
  readonly missing?: boolean;
  /** Files to write into the folder first, so that one folder serves many requests. */
  readonly write?: Readonly<Record<string, string>>;
}

const READER = "/usr/lib/python3/dist-packages/fail2ban/client/configurator.py";
const PYTHON = ["/usr/bin/python3", "/usr/local/bin/python3"].find((path) => existsSync(path));

/** Whether the real fail2ban is here; says so loudly when it is not. */
export function isOracleHere(): boolean {
  const here = PYTHON !== undefined && existsSync(READER) && existsSync("/etc/fail2ban/jail.conf");
  if (!here) {
    console.warn("SKIPPED: no fail2ban with python3 and /etc/fail2ban on this machine to compare with");
  }
  return here;
}

/** Reads all folders with fail2ban's own classes, in one process. */
export function askOracle(requests: readonly OracleRequest[]): OracleAnswer[] {
  const script = join(import.meta.dirname, "config_oracle.py");
  const output = execFileSync(PYTHON ?? "python3", [script], {
    input: JSON.stringify(requests),
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(output.toString()) as OracleAnswer[];
}

/** Writes files into a new temporary folder; names are relative, contents text or bytes. */
export function writeTree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "config-tree-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    // {ROOT} stands for the folder itself, for absolute paths in a value.
    writeFileSync(
      join(root, name),
      typeof content === "string" ? content.replaceAll("{ROOT}", root) : content,
    );
  }
  return root;
}
