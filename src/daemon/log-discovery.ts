import { isDeepStrictEqual } from "node:util";
import type { LogSpec } from "../model";
import { LogSet } from "../source";

/** Told of logs that patterns name. */
export interface DiscoveryListener {
  found(log: LogSpec): void;
  gone(path: string): void;
}

/** Looks for the logs that the patterns of a jail name, now and later. */
export class LogDiscovery {
  readonly #listener: DiscoveryListener;
  #patterns: readonly LogSpec[] = [];
  #sets: readonly LogSet[] = [];

  constructor(listener: DiscoveryListener) {
    this.#listener = listener;
  }

  /** From now on looks for logs of these patterns, and of no others. */
  watch(patterns: readonly LogSpec[]): void {
    if (isDeepStrictEqual(patterns, this.#patterns)) {
      return;
    }
    this.stop();
    this.#patterns = patterns;
    this.#sets = (["head", "tail"] as const).flatMap((position) => this.#makeSet(position));
    this.#sets.forEach((set) => set.start());
  }

  stop(): void {
    this.#sets.forEach((set) => set.stop());
    this.#sets = [];
    this.#patterns = [];
  }

  #makeSet(position: LogSpec["position"]): LogSet[] {
    const paths = this.#patterns.filter((log) => log.position === position).map(({ path }) => path);
    const listener = {
      // Whatever stands in a log that has just come is news.
      found: (path: string, isNew: boolean) =>
        this.#listener.found({ path, position: isNew ? "head" : position }),
      gone: (path: string) => this.#listener.gone(path),
    };
    return paths.length === 0 ? [] : [new LogSet(paths, listener)];
  }
}
