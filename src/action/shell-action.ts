import type { ActionSpec, ActionValue } from "../model";
import {
  APPLIED,
  failed,
  SKIPPED,
  type Action,
  type ActionOutcome,
  type BanTarget,
  type CheckMode,
} from "./action";
import type { ActionContext } from "./action-context";
import { ActionProperties, type CommandName } from "./action-properties";
import { addressOf } from "./ban-tags";
import { formatId } from "./messages";
import { ShellCommands } from "./shell-commands";
import { ShellEnvironment, type CheckPurpose } from "./shell-environment";

/**
 * An action made of shell commands, as fail2ban's `action.d` files define them: start, ban, unban, flush, stop,
 * with a check and a repair when something fails.
 */
export class ShellAction implements Action {
  readonly name: string;
  readonly #context: ActionContext;
  readonly #properties: ActionProperties;
  readonly #commands: ShellCommands;
  readonly #environment: ShellEnvironment;

  constructor(spec: ActionSpec, context: ActionContext) {
    this.name = spec.name;
    this.#context = context;
    this.#properties = new ActionProperties(spec);
    this.#commands = new ShellCommands(this.#properties, context);
    this.#environment = new ShellEnvironment(this.#properties, this.#commands, context);
  }

  get norestored(): boolean {
    return this.#properties.isOn("norestored");
  }

  get canFlush(): boolean {
    return this.#properties.has("actionflush");
  }

  get epoch(): number {
    return this.#environment.epoch;
  }

  /** All properties by name, for `get JAIL actionproperties` and `get JAIL action A PROP`. */
  get properties(): ReadonlyMap<string, ActionValue> {
    return this.#properties.all;
  }

  /** Sets one property from the next command on; false for `bantime`, which belongs to the jail. */
  setProperty(name: string, value: ActionValue): boolean {
    this.#commands.forget();
    return this.#properties.set(name, value);
  }

  async start(): Promise<ActionOutcome> {
    if (this.#properties.startsOnDemand) {
      return SKIPPED;
    }
    return this.#summarize(await this.#environment.start(this.#families()), "starting");
  }

  async stop(): Promise<ActionOutcome> {
    return this.#summarize(await this.#environment.stop(), "stopping");
  }

  ban(target: BanTarget): Promise<ActionOutcome> {
    return this.#banWith("actionban", target);
  }

  reban(target: BanTarget): Promise<ActionOutcome> {
    return this.#banWith(this.#properties.has("actionreban") ? "actionreban" : "actionban", target);
  }

  async prolong(target: BanTarget): Promise<ActionOutcome> {
    if (!this.#properties.has("actionprolong")) {
      return SKIPPED;
    }
    const done = await this.#perform("actionprolong", target, "Ban");
    return done ? APPLIED : failed(`Error prolonging ${formatId(addressOf(target.ban))}`);
  }

  async unban(target: BanTarget): Promise<ActionOutcome> {
    if (!this.#environment.filledFamilies.includes(stateFamily(target))) {
      return SKIPPED;
    }
    const done = await this.#perform("actionunban", target, "Unban");
    return done ? APPLIED : failed(`Error unbanning ${formatId(addressOf(target.ban))}`);
  }

  async flush(): Promise<ActionOutcome> {
    return this.#summarize(await this.#environment.flush(), "flushing");
  }

  async reload(spec: ActionSpec): Promise<ActionOutcome> {
    this.#properties.replace(spec);
    this.#commands.forget();
    const results = await this.#commands.runOnce("actionreload", this.#environment.startedFamilies);
    return this.#summarize(results, "reloading");
  }

  async check(mode: CheckMode): Promise<ActionOutcome> {
    const sane = await this.#environment.ensureAllSane(mode === "repair" ? "Ban" : "Flush");
    return sane ? APPLIED : failed(`Error checking action ${this.#title()}`);
  }

  async #banWith(command: CommandName, target: BanTarget): Promise<ActionOutcome> {
    const started = await this.#startOnDemand(stateFamily(target));
    if (started.status === "failed") {
      return started;
    }
    if (!(await this.#perform(command, target, "Ban"))) {
      return failed(`Error banning ${formatId(addressOf(target.ban))}`);
    }
    this.#environment.markFilled(stateFamily(target));
    return APPLIED;
  }

  async #startOnDemand(family: string): Promise<ActionOutcome> {
    if (!this.#properties.startsOnDemand) {
      return SKIPPED;
    }
    return this.#summarize(await this.#environment.startOnce(family), "starting");
  }

  /** A command that fails is run a second time, if the environment is sane or could be made so. */
  async #perform(command: CommandName, target: BanTarget, purpose: CheckPurpose): Promise<boolean> {
    const family = stateFamily(target);
    const text = this.#commands.text(command, family);
    return (
      (await this.#commands.run(text, target.tags)) ||
      ((await this.#environment.ensureSane(family, purpose)) && (await this.#commands.run(text, target.tags)))
    );
  }

  /** Families to start with the jail. */
  #families(): readonly string[] {
    const configured = this.#properties.get("families");
    if (typeof configured === "string" && configured.trim() !== "") {
      return configured.trim().split(/[\s,]+/);
    }
    if (!this.#properties.isConditional) {
      return [""];
    }
    return this.#context.ipv6Allowed() ? ["inet4", "inet6"] : ["inet4"];
  }

  #summarize(results: ReadonlyMap<string, boolean>, doing: string): ActionOutcome {
    if (results.size === 0) {
      return SKIPPED;
    }
    const good = [...results.values()].every(Boolean);
    return good ? APPLIED : failed(`Error ${doing} action ${this.#title()}: 'Script error'`);
  }

  #title(): string {
    return `Jail('${this.#context.jail.name}')/${this.name}`;
  }
}

/** The family a ban is kept under: an id that is no address goes where actions without families go. */
function stateFamily(target: BanTarget): string {
  return target.family === "None" ? "" : target.family;
}
