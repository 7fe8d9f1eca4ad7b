import { readTextFile, listFolder, pathExists } from "../platform";
import type { Problem } from "../model";
import { FILE_LIMIT } from "./budget";
import { ConfigError } from "./config-error";
import { interpolate } from "./interpolation";
import { parseIni, type IniFile } from "./ini";
import { MergedConfig } from "./merged-config";

/** Stops include chains whose paths differ each time, such as a file that includes `./itself`. */
const INCLUDE_DEPTH = 40;
/** More files than this behind one name can only be a loop that multiplies. */
const INCLUDE_COUNT = 2000;

/** Joins as a path is written, without tidying `..`: an absolute second part wins. */
export function joinPath(folder: string, path: string): string {
  if (path.startsWith("/") || folder === "") {
    return path;
  }
  return folder.endsWith("/") ? folder + path : `${folder}/${path}`;
}

/** The files behind a configuration name that exist: `.conf`, `.d/*.conf`, `.local`, `.d/*.local`, in that order. */
export function listConfigFiles(base: string): string[] {
  return [
    ...[`${base}.conf`].filter(pathExists),
    ...listFolder(`${base}.d`, "*.conf").filter(pathExists),
    ...[`${base}.local`].filter(pathExists),
    ...listFolder(`${base}.d`, "*.local").filter(pathExists),
  ];
}

/** Reads and takes apart files, each one once. Files that cannot be had give a problem and `undefined`. */
export class FileCache {
  readonly #files = new Map<string, IniFile | undefined>();
  readonly #problems: Problem[] = [];

  /** What went wrong with files so far, the problems of their syntax included. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  read(path: string): IniFile | undefined {
    if (!this.#files.has(path)) {
      this.#files.set(path, this.#readNew(path));
    }
    return this.#files.get(path);
  }

  #readNew(path: string): IniFile | undefined {
    const file = readTextFile(path, FILE_LIMIT);
    if (file.kind === "text") {
      const ini = parseIni(file.text, path);
      this.#problems.push(...ini.problems);
      return ini;
    }
    if (file.kind === "too-large") {
      return this.#refuse(path, file.bytes);
    }
    if (file.kind === "not-utf8") {
      this.#complain(path, file.line, "this file is not UTF-8 and is ignored; save it as UTF-8");
    } else if (file.kind === "unreadable" && !path.endsWith("/")) {
      this.#complain(path, 1, `this file is ignored: ${file.message}`);
    }
    return undefined;
  }

  /** Not ignored like a file in a wrong encoding: what a jail would lose that way is too much to go on without. */
  #refuse(path: string, bytes: number): IniFile {
    const message = `this file is too large: ${bytes} bytes, the limit is ${FILE_LIMIT}`;
    this.#complain(path, 1, message);
    return { file: path, defaults: new Map(), sections: new Map(), problems: this.#problems.slice(-1) };
  }

  #complain(file: string, line: number, message: string): void {
    this.#problems.push({ severity: "error", message, origin: { file, line } });
  }
}

/**
 * The files to read for a list of files, includes and `.local` neighbours in their places, in merge order.
 * Throws `ConfigError` when an include value cannot be expanded or the includes never end.
 */
export function expandIncludes(files: readonly string[], cache: FileCache): IniFile[] {
  const found: IniFile[] = [];
  visitAll(withLocals(files), [], { cache, found });
  return found;
}

interface Visit {
  readonly cache: FileCache;
  readonly found: IniFile[];
}

function visitAll(files: readonly string[], path: readonly string[], visit: Visit): void {
  for (const file of files) {
    visitFile(file, path, visit);
  }
}

function visitFile(file: string, path: readonly string[], visit: Visit): void {
  const ini = visit.cache.read(file);
  if (!ini) {
    return;
  }
  if (path.length > INCLUDE_DEPTH || visit.found.length > INCLUDE_COUNT) {
    throw new ConfigError("config-recursion", "its includes never come to an end", { file, line: 1 });
  }
  const here = [...path, file];
  for (const target of listTargets(ini, "before", path)) {
    visitAll(withLocals([target]), here, visit);
  }
  visit.found.push(ini);
  for (const target of listTargets(ini, "after", path)) {
    visitAll(withLocals([target]), here, visit);
  }
}

function listTargets(ini: IniFile, option: "before" | "after", path: readonly string[]): string[] {
  const section = ini.sections.get("INCLUDES");
  if (!section || !(section.has(option) || ini.defaults.has(option))) {
    return [];
  }
  const own = new MergedConfig();
  own.addFile(ini);
  const value = interpolate(own, { section: "INCLUDES", option });
  const folder = ini.file.slice(0, ini.file.lastIndexOf("/") + 1);
  const targets = (value?.text ?? "").split("\n").map((line) => joinPath(folder, line));
  return targets.filter((target) => !path.includes(target));
}

function withLocals(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const local = localOf(file);
    return files.includes(local) || !pathExists(local) ? [file] : [file, local];
  });
}

function localOf(file: string): string {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return `${dot > 0 ? file.slice(0, dot - name.length) : file}.local`;
}
