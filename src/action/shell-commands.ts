import type { CommandResult } from "../platform";
import type { TagSource } from "./action";
import type { ActionContext } from "./action-context";
import type { ActionProperties, CommandName } from "./action-properties";
import { createJailTags } from "./ban-tags";
import { logCommand } from "./command-log";
import { composeScript, TIGHT_LIMITS, USUAL_LIMITS } from "./script";
import { expandStaticTags, propertyText } from "./static-tags";

/** The commands of one shell action: fills them in and runs them. True means success, or that there is no command. */
export class ShellCommands {
  readonly #context: ActionContext;
  readonly #properties: ActionProperties;
  readonly #texts = new Map<string, string>();

  constructor(properties: ActionProperties, context: ActionContext) {
    this.#properties = properties;
    this.#context = context;
  }

  /** To be called whenever a property has changed. */
  forget(): void {
    this.#texts.clear();
  }

  /** The text of a command with its properties filled in; tags of a ban are still in it. */
  text(command: CommandName, family: string): string {
    const key = `${command} ${family}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      const properties = this.#properties.all;
      const ownNames = (): { full: string; short: string } => this.#context.lookups.ownNames();
      const raw = propertyText(properties, command, family) ?? "";
      text = expandStaticTags(raw, { properties, family, ownNames });
      this.#texts.set(key, text);
    }
    return text;
  }

  /**
   * The text of a command that concerns no ban; in these the family is part of the text.
   * DIFFERS: where families do not matter fail2ban leaves `<family>` in the text of checks, for the shell to stumble on.
   */
  jailText(command: CommandName, family: string): string {
    return this.text(command, family).replaceAll("<family>", family);
  }

  /** Whether both families would run the same text. */
  isShared(command: CommandName, one: string, other: string): boolean {
    return this.jailText(command, one) === this.jailText(command, other);
  }

  /** Runs a command that concerns no ban. */
  runForJail(command: CommandName, family: string): Promise<boolean> {
    return this.run(this.jailText(command, family), createJailTags(this.#context));
  }

  /** Runs a command for several families; a text that some of them share runs once and counts for all of them. */
  async runOnce(command: CommandName, families: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const byText = new Map<string, boolean>();
    const byFamily = new Map<string, boolean>();
    for (const family of families) {
      const text = this.jailText(command, family);
      const done = byText.get(text) ?? (await this.runForJail(command, family));
      byText.set(text, done);
      byFamily.set(family, done);
    }
    return byFamily;
  }

  /**
   * Runs a text with these tags; when the system finds its variables too large, for the shell or for a program that the
   * shell starts with them, once more with less of them.
   */
  async run(text: string, tags: TagSource): Promise<boolean> {
    if (text.trim() === "") {
      return true;
    }
    const { runner, log } = this.#context;
    const timeout = this.#properties.timeout;
    for (const limits of [USUAL_LIMITS, TIGHT_LIMITS]) {
      const script = await composeScript(text, tags, limits);
      const result = await runner.run({ script: script.text, variables: script.variables, timeout });
      if (!isTooLarge(result) || limits === TIGHT_LIMITS) {
        logCommand(log, { script, result, timeout });
        return result.code === 0 && !result.timedOut;
      }
    }
    return false;
  }
}

/** A shell says so with 126, "cannot be run". */
function isTooLarge({ startError, code, stderr }: CommandResult): boolean {
  return startError === "E2BIG" || (code === 126 && stderr.includes("Argument list too long"));
}
