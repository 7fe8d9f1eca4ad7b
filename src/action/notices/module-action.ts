import { secondsOf, type ActionSpec } from "../../model";
import { Deadline } from "../../platform";
import {
  APPLIED,
  failed,
  SKIPPED,
  type Action,
  type ActionOperation,
  type ActionOutcome,
  type BanTarget,
} from "../action";
import type { ActionContext } from "../action-context";
import { takeFacts } from "./ban-facts";
import { listOptions, type OptionTexts } from "./options";
import type { ThreadHost } from "./thread-host";

/** Seconds one method may take, unless the option `timeout` says otherwise. */
const USUAL_TIMEOUT = 60;
/** Calls that may wait for a slow module. */
const MOST_WAITING = 10_000;
const KEY = "module";
const SCRIPT = /\.(?:[cm]?js|m?ts)$/;

/** Whether the script of an action is JavaScript (or TypeScript, where Node takes it). */
export function isModuleFile(file: string): boolean {
  return SCRIPT.test(file);
}

/**
 * Carries bans out with a module that somebody has written, in a thread of its own: one that hangs, runs in circles or
 * fills the memory is ended and made anew for the next call, and the daemon goes on meanwhile.
 */
export class ModuleAction implements Action {
  readonly name: string;
  readonly concurrent = true;
  readonly #context: ActionContext;
  readonly #host: ThreadHost;
  #spec: ActionSpec;
  #norestored = false;
  #canFlush = false;
  #epoch = 0;
  #isStarted = false;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(spec: ActionSpec, context: ActionContext, host: ThreadHost) {
    this.name = spec.name;
    this.#context = context;
    this.#host = host;
    this.#spec = spec;
  }

  get norestored(): boolean {
    return this.#norestored;
  }

  get canFlush(): boolean {
    return this.#canFlush;
  }

  /** Grows when new options have made a new object that knows of no bans. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Does not wait for the module: what is asked for meanwhile comes after its start. */
  start(): Promise<ActionOutcome> {
    void this.#inTurn(() => this.#open()).then((outcome) => {
      if (outcome.status === "failed") {
        const what = `Failed to start jail '${this.#context.jail.name}' action '${this.name}'`;
        this.#context.log("ERROR", "actions", `${what}: ${outcome.message}`);
      }
    });
    return Promise.resolve(APPLIED);
  }

  stop(): Promise<ActionOutcome> {
    return this.#inTurn(() => this.#close());
  }

  ban(target: BanTarget): Promise<ActionOutcome> {
    return this.#call("ban", target);
  }

  unban(target: BanTarget): Promise<ActionOutcome> {
    return this.#call("unban", target);
  }

  reban(target: BanTarget): Promise<ActionOutcome> {
    return this.#call("reban", target);
  }

  prolong(target: BanTarget): Promise<ActionOutcome> {
    return this.#call("prolong", target);
  }

  flush(): Promise<ActionOutcome> {
    return this.#call("flush");
  }

  check(): Promise<ActionOutcome> {
    return this.#call("check");
  }

  /** With other options the module is stopped and made anew. */
  reload(spec: ActionSpec): Promise<ActionOutcome> {
    return this.#inTurn(async () => {
      const isSame =
        JSON.stringify([spec.script?.args, ...spec.properties]) ===
        JSON.stringify([this.#spec.script?.args, ...this.#spec.properties]);
      if (isSame && this.#isStarted) {
        this.#spec = spec;
        return SKIPPED;
      }
      await this.#close();
      this.#spec = spec;
      this.#epoch++;
      return this.#open();
    });
  }

  async #open(): Promise<ActionOutcome> {
    const { script } = this.#spec;
    const action = {
      jail: this.#context.jail.name,
      name: this.name,
      host: this.#context.lookups.ownNames().full,
      kind: script?.file ?? "",
      options: this.#options(),
    };
    const { outcome, traits } = await this.#inTime("load", this.#host.open(KEY, action));
    if (outcome.status === "failed") {
      await this.#host.end(0);
      return outcome;
    }
    this.#norestored = traits?.norestored ?? false;
    this.#canFlush = traits?.canFlush ?? false;
    const started = await this.#runInTime("start");
    this.#isStarted = started.status !== "failed";
    return started;
  }

  async #close(): Promise<ActionOutcome> {
    const outcome = this.#isStarted && this.#host.isRunning ? await this.#runInTime("stop") : SKIPPED;
    this.#isStarted = false;
    await this.#host.end(0);
    return outcome;
  }

  #call(operation: ActionOperation, target?: BanTarget): Promise<ActionOutcome> {
    return this.#inTurn(async () => {
      if (!this.#isStarted || !this.#host.isRunning) {
        const opened = await this.#open();
        if (opened.status === "failed") {
          return opened;
        }
      }
      return target?.ban.restored === true && this.#norestored && operation !== "unban"
        ? SKIPPED
        : this.#runInTime(operation, target);
    });
  }

  async #runInTime(operation: ActionOperation, target?: BanTarget): Promise<ActionOutcome> {
    const tags = [...(target?.ban.data.groups.keys() ?? [])].map((name) => `F-${name.toUpperCase()}`);
    const facts = target && takeFacts(target, { lines: "matches", tags });
    const running = this.#host.run(KEY, operation, facts).then((outcome) => ({ outcome }));
    return (await this.#inTime(operation, running)).outcome;
  }

  async #inTime<Answer extends { readonly outcome: ActionOutcome }>(
    what: string,
    work: Promise<Answer>,
  ): Promise<Answer> {
    const seconds = secondsOf(this.#options()["timeout"] ?? "") ?? USUAL_TIMEOUT;
    const deadline = new Deadline(
      Math.max(seconds, 0.1) * 1000,
      () => void this.#host.kill(`${what} took more than ${seconds} seconds; its thread was ended`),
    );
    try {
      return await work;
    } finally {
      deadline.cancel();
    }
  }

  /** One call after the other, so that whoever writes a module need not think of more. */
  #inTurn(work: () => Promise<ActionOutcome>): Promise<ActionOutcome> {
    if (this.#waiting >= MOST_WAITING) {
      return Promise.resolve(failed(`more than ${MOST_WAITING} calls wait for the module`));
    }
    this.#waiting++;
    const done = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  #options(): OptionTexts {
    const { script, properties } = this.#spec;
    const given = listOptions(properties);
    try {
      const parsed: unknown = JSON.parse(script?.args ?? "{}");
      return typeof parsed === "object" && parsed !== null
        ? { ...given, ...listOptions(new Map(Object.entries(parsed))) }
        : given;
    } catch {
      return given;
    }
  }
}
