import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = process.cwd();

/** The lines of every sample log that is shipped, without the comments that say what to expect of them. */
export function readSampleLines(): ReadonlyMap<string, readonly string[]> {
  const folder = join(root, "config/samples");
  const names = readdirSync(folder).filter((name) => name.endsWith(".log"));
  return new Map(
    names.map((name) => {
      const lines = readFileSync(join(folder, name), "utf8").split("\n");
      return [name.slice(0, -4), lines.filter((line) => line !== "" && !line.startsWith("#"))];
    }),
  );
}

/** The files of one folder of the shipped configuration. */
export function readConfigFiles(folder: string): readonly Buffer[] {
  const path = join(root, "config", folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(".conf"))
    .map((name) => readFileSync(join(path, name)));
}
