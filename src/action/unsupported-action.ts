import type { ActionSpec } from "../model";
import { failed, SKIPPED, type Action, type ActionOutcome } from "./action";

/**
 * Stands for an action written in Python, which cannot be run here: its start fails with a message that says so,
 * and bans go on with the other actions.
 */
export class UnsupportedAction implements Action {
  readonly name: string;
  readonly norestored = false;
  readonly canFlush = true;
  readonly epoch = 0;
  readonly #file: string;

  constructor(spec: ActionSpec) {
    this.name = spec.name;
    this.#file = spec.script?.file ?? spec.name;
  }

  start(): Promise<ActionOutcome> {
    const wanted = "Replace it by an action of shell commands or a JavaScript module; bans go on without it";
    return Promise.resolve(failed(`Actions written in Python are not supported: ${this.#file}. ${wanted}`));
  }

  stop(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  ban(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  unban(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  reban(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  prolong(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  flush(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  reload(): Promise<ActionOutcome> {
    return this.start();
  }

  check(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }
}
