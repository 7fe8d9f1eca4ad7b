import { Session, type Profiler } from "node:inspector";

/**
 * Which parts of the bundle have run: V8's own counts, so no code has to be rewritten. One look goes through
 * the whole heap, which takes a tenth of a second: it is worth taking for many inputs at once only.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #url: string;
  readonly #seen = new Set<string>();

  /** `url` ends the name of the script whose parts count. */
  constructor(url: string) {
    this.#url = url;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Parts that ran since the last look and are not remembered. */
  look(): readonly string[] {
    return this.#take().filter((part) => !this.#seen.has(part));
  }

  remember(parts: readonly string[]): void {
    parts.forEach((part) => this.#seen.add(part));
  }

  #take(): string[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // The inspector of the own thread answers before `post` returns.
    this.#session.post("Profiler.takePreciseCoverage", (_, answer) => (scripts = answer?.result ?? []));
    return scripts
      .filter(({ url }) => url.endsWith(this.#url))
      .flatMap(({ functions }) => functions)
      .flatMap(({ ranges }) => ranges)
      .filter(({ count }) => count > 0)
      .map(({ startOffset, endOffset }) => `${startOffset}-${endOffset}`);
  }
}
