import { secondsOf, type ActionSpec, type ActionValue } from "../model";

const DEFAULT_TIMEOUT = 60;
const COMMANDS = [
  "actionban",
  "actioncheck",
  "actionflush",
  "actionreban",
  "actionreload",
  "actionrepair",
  "actionstart",
  "actionstop",
  "actionunban",
] as const;
const TRUE_WORDS = ["1", "on", "true", "yes"];

/** The commands of an action that is made of shell commands. */
export type CommandName = (typeof COMMANDS)[number] | "actionprolong";

/** The properties of a shell action: commands, switches, and every other value as a tag. */
export class ActionProperties {
  #values = new Map<string, ActionValue>();

  constructor(spec: ActionSpec) {
    this.replace(spec);
  }

  get all(): ReadonlyMap<string, ActionValue> {
    return this.#values;
  }

  /**
   * Takes the properties of a spec and forgets all others.
   * DIFFERS: fail2ban's reload keeps whatever the new configuration no longer mentions (a removed `norestored`
   * stays on), so that a running daemon and its configuration drift apart.
   */
  replace(spec: ActionSpec): void {
    this.#values = new Map<string, ActionValue>(COMMANDS.map((name) => [name, ""]));
    this.#values.set("timeout", DEFAULT_TIMEOUT);
    for (const [name, value] of spec.properties) {
      this.set(name, value);
    }
  }

  get(name: string): ActionValue | undefined {
    return this.#values.get(name);
  }

  /** Sets one property; `bantime` belongs to the jail and is left alone (false). */
  set(name: string, value: ActionValue): boolean {
    if (name === "bantime") {
      return false;
    }
    this.#values.set(name, value);
    return true;
  }

  /** Whether a switch is on; absent ones are off. */
  isOn(name: string): boolean {
    const value = this.#values.get(name) ?? false;
    return typeof value === "string" ? TRUE_WORDS.includes(value.toLowerCase()) : Boolean(value);
  }

  has(name: CommandName): boolean {
    const value = this.#values.get(name);
    return typeof value === "string" && value.trim() !== "";
  }

  /** Seconds a command may take; the default when the configured time makes no sense. */
  get timeout(): number {
    const value = this.#values.get("timeout");
    const seconds = typeof value === "string" || typeof value === "number" ? secondsOf(value) : undefined;
    return seconds !== undefined && seconds > 0 ? seconds : DEFAULT_TIMEOUT;
  }

  /** Whether any property has a variant for one family. */
  get isConditional(): boolean {
    return [...this.#values.keys()].some((name) => name.includes("?family="));
  }

  /** Whether the first ban of a family starts the action, instead of the jail. */
  get startsOnDemand(): boolean {
    const value = this.#values.get("actionstart_on_demand") ?? null;
    return value === null || value === "" ? this.isConditional : this.isOn("actionstart_on_demand");
  }
}
