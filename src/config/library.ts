import { isAbsolute, resolve } from "node:path";
import { formatOrigin, type Problem } from "../model";
import { ConfigError } from "./config-error";
import { expandIncludes, FileCache, joinPath, listConfigFiles } from "./file-list";
import { MergedConfig } from "./merged-config";

/** Loads configurations by name (`jail`, `filter.d/sshd`), each one once, with all files that belong to them. */
export class Library {
  readonly directory: string;
  readonly #files = new FileCache();
  readonly #loaded = new Map<string, MergedConfig | ConfigError | undefined>();

  readonly #told = new Set<MergedConfig>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** What went wrong with files so far. */
  get problems(): readonly Problem[] {
    return this.#files.problems;
  }

  /** `undefined` when no file can be read under that name; throws `ConfigError` when one is malformed. */
  load(name: string): MergedConfig | undefined {
    if (!this.#loaded.has(name)) {
      this.#loaded.set(name, this.#loadNew(name));
    }
    const config = this.#loaded.get(name);
    if (config instanceof ConfigError) {
      throw config;
    }
    return config;
  }

  /** Whether this is asked of a configuration for the first time, so that its own faults are told once. */
  isNew(config: MergedConfig): boolean {
    const isNew = !this.#told.has(config);
    this.#told.add(config);
    return isNew;
  }

  #loadNew(name: string): MergedConfig | ConfigError | undefined {
    const base = name.startsWith("./") ? resolve(name) : name;
    const path = isAbsolute(base) ? base : joinPath(this.directory, base);
    try {
      return this.#merge(listConfigFiles(path));
    } catch (error) {
      if (error instanceof ConfigError) {
        return error;
      }
      throw error;
    }
  }

  #merge(paths: readonly string[]): MergedConfig | undefined {
    const files = expandIncludes(paths, this.#files);
    const problem = files.flatMap((file) => file.problems)[0];
    if (problem) {
      const place = problem.origin ? `${formatOrigin(problem.origin)}: ` : "";
      throw new ConfigError("config-syntax", `${place}${problem.message}`, problem.origin);
    }
    if (files.length === 0) {
      return undefined;
    }
    const config = new MergedConfig();
    for (const file of files) {
      config.addFile(file);
    }
    return config;
  }
}
