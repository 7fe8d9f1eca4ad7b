import { WarderError, formatPythonText, messageOf, type CommandValue } from "../model";
import type { Clock, Logger } from "../platform";
import { RemoteError, plainError, toInt, type ServerOption } from "../control";
import type { BanMemory } from "./ban-memory";
import { detectIpv6 } from "./ipv6";
import { readTime } from "./read-time";
import { FAIL2BAN_VERSION } from "../model";

/** Old bans are cleared away at this interval (seconds). */
const PURGE_SECONDS = 3600;
/** And once this soon after a start: a daemon that is restarted often would never get to it (seconds). */
const FIRST_PURGE_SECONDS = 10;

/** Settings of the daemon itself, as `set` and `get` know them. */
export class ServerOptions {
  readonly #logger: Logger;
  readonly #memory: BanMemory;
  readonly #clock: Clock;
  readonly #values = new Map<ServerOption, CommandValue>([
    ["syslogsocket", "auto"],
    ["allowipv6", "auto"],
    ["dbmaxmatches", 10],
    ["dbpurgeage", 86_400],
    ["thread", new Map([["stacksize", 0]])],
  ]);
  #ipv6: boolean | undefined;
  #cancelPurge: (() => void) | undefined;

  constructor(needs: { readonly logger: Logger; readonly memory: BanMemory; readonly clock: Clock }) {
    this.#logger = needs.logger;
    this.#memory = needs.memory;
    this.#clock = needs.clock;
  }

  /** Whether IPv6 is in use here. */
  ipv6Allowed(): boolean {
    this.#ipv6 ??= detectIpv6(formatPythonText(this.#values.get("allowipv6") ?? "auto"));
    return this.#ipv6;
  }

  /** The value of an option, as `get` answers. */
  get(option: ServerOption): CommandValue {
    switch (option) {
      case "loglevel":
        return this.#logger.level;
      case "logtarget":
        return this.#logger.target;
      case "dbfile":
        return this.#memory.path ?? null;
      case "dbmaxmatches":
      case "dbpurgeage":
        return this.#memory.path === undefined ? null : (this.#values.get(option) ?? null);
      default:
        return this.#values.get(option) ?? null;
    }
  }

  /** Sets an option and gives its value. `jails` is how many there are: some things may not change under them. */
  async set(option: ServerOption, value: CommandValue, jails: number): Promise<CommandValue> {
    const text = formatPythonText(value);
    switch (option) {
      case "loglevel":
        refuse(() => this.#logger.setLevel(text));
        break;
      case "logtarget":
        this.#setLogTarget(text);
        break;
      case "syslogsocket":
        this.#setSyslogSocket(value);
        break;
      case "dbfile":
        await this.#setDatabase(text, jails);
        break;
      case "dbmaxmatches":
        this.#values.set(option, toInt(value));
        this.#applyMaxMatches();
        break;
      case "dbpurgeage":
        this.#values.set(option, readTime(value));
        break;
      case "thread":
        this.#values.set(option, readThread(value));
        break;
      default:
        this.#values.set(option, value);
        this.#ipv6 = undefined;
    }
    return this.get(option);
  }

  /** Calls off what would still happen by itself. */
  stop(): void {
    this.#cancelPurge?.();
  }

  #setLogTarget(text: string): void {
    this.#changeLog(() => this.#logger.setTarget(text));
  }

  #setSyslogSocket(value: CommandValue): void {
    this.#changeLog(() => this.#logger.setSyslogSocket(formatPythonText(value)));
    this.#values.set("syslogsocket", value);
  }

  #changeLog(change: () => boolean): void {
    try {
      if (change()) {
        const what = `Changed logging target to ${this.#logger.targetTitle} for Fail2ban`;
        this.#logger.log("INFO", "server", `Start Fail2ban v${FAIL2BAN_VERSION}`);
        this.#logger.log("INFO", "server", `${what} v${FAIL2BAN_VERSION}`);
      }
    } catch (error) {
      this.#logger.log("ERROR", "server", messageOf(error));
      throw plainError("Failed to change log target");
    }
  }

  async #setDatabase(path: string, jails: number): Promise<void> {
    if (path === this.#memory.path) {
      return;
    }
    if (jails > 0) {
      throw plainError("Cannot change database when there are jails present");
    }
    await this.#memory.open(path);
    this.#applyMaxMatches();
    this.#armPurge(FIRST_PURGE_SECONDS);
  }

  #applyMaxMatches(): void {
    const most = this.#values.get("dbmaxmatches");
    if (this.#memory.store && typeof most === "number") {
      this.#memory.store.maxMatches = most;
    }
  }

  #armPurge(seconds: number): void {
    this.#cancelPurge?.();
    this.#cancelPurge = this.#clock.after(seconds, () => {
      const age = this.#values.get("dbpurgeage");
      this.#memory.purge(typeof age === "number" ? age : 86_400);
      this.#armPurge(PURGE_SECONDS);
    });
  }
}

/** Turns a refusal of ours into the exception fail2ban's clients know. */
function refuse(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof WarderError ? plainError(error.message) : error;
  }
}

/** Settings of Python's threads are kept and mean nothing here. */
function readThread(value: CommandValue): CommandValue {
  if (value instanceof Map) {
    return value;
  }
  throw new RemoteError("builtins.AttributeError", [`'str' object has no attribute 'items'`]);
}
