import { messageOf, type Ban } from "../model";
import {
  failed,
  SKIPPED,
  type Action,
  type ActionOperation,
  type ActionOutcome,
  type BanTarget,
} from "./action";
import type { ActionContext } from "./action-context";
import { formatInfo } from "./messages";

const LOGGER = "actions";

/** One action that could not do what was asked. */
export interface ActionFailure {
  readonly action: string;
  readonly operation: ActionOperation;
  /** What it was about, absent for operations that concern no ban. */
  readonly ban?: Ban;
  readonly message: string;
}

/** What came of one operation on all actions of a jail. A ban is only in place when `failures` is empty. */
export interface ActionReport {
  /** Actions that did it, by name; once for every ban. */
  readonly applied: readonly string[];
  /** Actions that had nothing to do. */
  readonly skipped: readonly string[];
  readonly failures: readonly ActionFailure[];
  /** Actions that had to be repaired on the way: bans they held before may be gone (see `reban`). */
  readonly repaired: readonly string[];
}

type JailOperation = "start" | "stop" | "check";
/** Operations that concern one ban. */
export type BanOperation = "ban" | "unban" | "reban" | "prolong";

/** Runs operations, gathers what came of them and logs what failed. */
export class ReportBuilder implements ActionReport {
  readonly applied: string[] = [];
  readonly skipped: string[] = [];
  readonly failures: ActionFailure[] = [];
  readonly repaired: string[] = [];
  readonly #context: ActionContext;

  constructor(context: ActionContext) {
    this.#context = context;
  }

  async each(actions: readonly Action[], operation: JailOperation): Promise<void> {
    for (const action of actions) {
      await this.one(action, operation, () =>
        operation === "check" ? action.check("repair") : action[operation](),
      );
    }
  }

  async eachFor(actions: readonly Action[], operation: BanOperation, target: BanTarget): Promise<void> {
    for (const action of actions) {
      const unwanted = target.ban.restored && action.norestored && operation !== "unban";
      await this.one(action, operation, () => (unwanted ? SKIPPED : action[operation](target)), target);
    }
  }

  async one(
    action: Action,
    operation: ActionOperation,
    run: () => ActionOutcome | Promise<ActionOutcome>,
    target?: BanTarget,
  ): Promise<ActionOutcome> {
    const outcome = await settle(run);
    if (outcome.status !== "failed") {
      this[outcome.status].push(action.name);
      return outcome;
    }
    const { message } = outcome;
    this.failures.push({ action: action.name, operation, message, ...(target ? { ban: target.ban } : {}) });
    this.#context.log("ERROR", LOGGER, this.#describe(action.name, operation, message, target));
    return outcome;
  }

  #describe(action: string, operation: ActionOperation, message: string, target?: BanTarget): string {
    const jail = this.#context.jail.name;
    if (target) {
      return `Failed to execute ${operation} jail '${jail}' action '${action}' info '${formatInfo(target)}': ${message}`;
    }
    const what = operation === "flush" ? "flush bans in" : operation;
    return `Failed to ${what} jail '${jail}' action '${action}': ${message}`;
  }
}

/** The outcome of something an action does. One that throws in spite of its contract must not take others with it. */
export async function settle<T>(run: () => T | Promise<T>): Promise<T | ActionOutcome> {
  try {
    return await run();
  } catch (error) {
    return failed(messageOf(error));
  }
}
