/** What the end-to-end tests need of the machine. They skip loudly without it, or fail where WARDER_E2E_REQUIRED=1 says they must run. */
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { expect, it } from "vitest";

const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The full path of a program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  if (isAbsolute(name)) {
    return isExecutable(name) ? name : undefined;
  }
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Names what is missing, in words for whoever reads the skipped run; empty when the tests can run. */
export function listMissing(programs: readonly string[]): readonly string[] {
  const missing = programs.filter((name) => findProgram(name) === undefined).map((name) => `program ${name}`);
  return process.getuid?.() === 0 ? missing : ["root rights", ...missing];
}

/** True when the tests can run. Otherwise says so on the console, and registers a failing test where a skip is not allowed. */
export function canRun(title: string, missing: readonly string[]): boolean {
  if (missing.length === 0) {
    return true;
  }
  console.warn(`SKIPPED ${title}: missing ${missing.join(", ")}`);
  if (process.env["WARDER_E2E_REQUIRED"] === "1") {
    it(`${title} must run here (WARDER_E2E_REQUIRED=1)`, () => {
      expect(missing).toEqual([]);
    });
  }
  return false;
}
