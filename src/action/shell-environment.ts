import type { ActionContext } from "./action-context";
import type { ActionProperties } from "./action-properties";
import type { ShellCommands } from "./shell-commands";

const LOGGER = "CommandAction";

/** What the check is made for; only for `Ban` a broken environment may always be repaired. */
export type CheckPurpose = "Ban" | "Unban" | "Flush";

/** `filled`: bans may be in there; a ban sets that, a flush or stop ends it, an unban does not. */
type FamilyState = "stopped" | "empty" | "filled";

/** What shell actions keep in the system (chains, sets, files): whether it was started, holds bans, and is sane. */
export class ShellEnvironment {
  readonly #properties: ActionProperties;
  readonly #commands: ShellCommands;
  readonly #context: ActionContext;
  readonly #families = new Map<string, FamilyState>();
  #epoch = 0;

  constructor(properties: ActionProperties, commands: ShellCommands, context: ActionContext) {
    this.#properties = properties;
    this.#commands = commands;
    this.#context = context;
  }

  /** Grows with every repair. */
  get epoch(): number {
    return this.#epoch;
  }

  get startedFamilies(): readonly string[] {
    return [...this.#families].filter(([, state]) => state !== "stopped").map(([family]) => family);
  }

  get filledFamilies(): readonly string[] {
    return [...this.#families].filter(([, state]) => state === "filled").map(([family]) => family);
  }

  markFilled(family: string): void {
    this.#families.set(family, "filled");
  }

  /** Runs actionstart; each family for which that worked counts as started. */
  async start(families: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const results = await this.#commands.runOnce("actionstart", families);
    for (const [family, done] of results) {
      if (done) {
        this.#markStarted(family);
      }
    }
    return results;
  }

  /**
   * Starts one family unless that was done, perhaps by another family with the same text.
   * DIFFERS: fail2ban starts every family again when an id that is no address is banned, and then forgets that those
   * families contain bans; here such an id starts what it needs itself, once.
   */
  async startOnce(family: string): Promise<ReadonlyMap<string, boolean>> {
    if (this.startedFamilies.includes(family)) {
      return new Map();
    }
    if (this.startedFamilies.some((other) => this.#commands.isShared("actionstart", other, family))) {
      this.#markStarted(family);
      return new Map();
    }
    return this.start([family]);
  }

  /**
   * Runs actionflush for families that hold bans.
   * DIFFERS: fail2ban leaves out later flushes of an action without family variants once it has banned in both
   * families, so that bans stay in place.
   */
  async flush(): Promise<ReadonlyMap<string, boolean>> {
    const results = await this.#commands.runOnce("actionflush", this.filledFamilies);
    for (const [family, done] of results) {
      this.#families.set(family, done ? "empty" : "filled");
    }
    return results;
  }

  async stop(): Promise<ReadonlyMap<string, boolean>> {
    const results = await this.#commands.runOnce("actionstop", this.startedFamilies);
    this.#families.clear();
    return results;
  }

  /**
   * Checks one family and repairs it if allowed; whether it is sane now.
   * DIFFERS: what was started stays so when the check still fails afterwards; fail2ban forgets it, and never runs
   * actionstop for it.
   */
  async ensureSane(family: string, purpose: CheckPurpose): Promise<boolean> {
    if (await this.#commands.runForJail("actioncheck", family)) {
      return true;
    }
    if (purpose !== "Ban" && !this.#properties.isOn("actionrepair_on_unban")) {
      this.#context.log("ERROR", LOGGER, `Invariant check failed. ${purpose} is impossible.`);
      return false;
    }
    this.#context.log("ERROR", LOGGER, "Invariant check failed. Trying to restore a sane environment");
    this.#epoch++;
    const repaired = (await this.#repair(family)) && (await this.#commands.runForJail("actioncheck", family));
    if (!repaired) {
      this.#context.log("CRITICAL", LOGGER, "Unable to restore environment");
    }
    return repaired;
  }

  /**
   * Checks all that is started. DIFFERS: a text that families share is checked (and repaired) once, not once for each.
   */
  async ensureAllSane(purpose: CheckPurpose): Promise<boolean> {
    const checked: string[] = [];
    let sane = true;
    for (const family of this.startedFamilies) {
      if (!checked.some((other) => this.#commands.isShared("actioncheck", other, family))) {
        checked.push(family);
        sane = (await this.ensureSane(family, purpose)) && sane;
      }
    }
    return sane;
  }

  #markStarted(family: string): void {
    if (this.#families.get(family) !== "filled") {
      this.#families.set(family, "empty");
    }
  }

  async #repair(family: string): Promise<boolean> {
    if (this.#properties.has("actionrepair")) {
      return this.#commands.runForJail("actionrepair", family);
    }
    await this.#restart(family);
    return true;
  }

  /**
   * DIFFERS: fail2ban's first repair of an action without family variants leaves out the start, because its text
   * counts as executed already; here every family that shares the stopped environment is started with it.
   */
  async #restart(family: string): Promise<void> {
    const sharing = this.startedFamilies.filter((other) =>
      this.#commands.isShared("actionstop", other, family),
    );
    await this.#commands.runForJail("actionstop", family);
    for (const other of sharing) {
      this.#families.set(other, "stopped");
    }
    await this.start([...new Set([family, ...sharing])]);
  }
}
