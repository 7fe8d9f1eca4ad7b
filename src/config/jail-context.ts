import type { Origin, Problem } from "../model";
import { Budget } from "./budget";
import type { Library } from "./library";
import type { MergedConfig } from "./merged-config";

/** Characters; the command stream may carry a whole value in its message, a line for people may not. */
const LONGEST_MESSAGE = 500;

/** What reading one jail needs, and where it tells its problems. */
export class JailContext {
  readonly jail: string;
  readonly config: MergedConfig;
  readonly library: Library;
  readonly budget = new Budget();
  /** Whether the jail is read as a whole although it is switched off. */
  readonly evenDisabled: boolean;
  readonly #problems: Problem[] = [];

  constructor(jail: string, config: MergedConfig, library: Library, evenDisabled = false) {
    this.evenDisabled = evenDisabled;
    this.jail = jail;
    this.config = config;
    this.library = library;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  warn(message: string, origin?: Origin): void {
    this.#report({ severity: "warning", message, jail: this.jail, ...(origin && { origin }) });
  }

  fail(message: string, origin?: Origin): void {
    this.#report({ severity: "error", message, jail: this.jail, ...(origin && { origin }) });
  }

  #report(problem: Problem): void {
    const text = `jail "${this.jail}": ${problem.message}`;
    const message = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)} …` : text;
    this.#problems.push({ ...problem, message });
  }
}
