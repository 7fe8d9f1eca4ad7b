import { FAIL2BAN_VERSION, formatPython, type Command, type CommandValue } from "../model";
import { parseCommand, type Request, type ServerRequest, valueError } from "../control";
import type { Daemon } from "./daemon";
import { isSpecChange } from "./jail-changes";
import { JailExecutor } from "./jail-executor";
import { describeJail, describeServer, describeStats } from "./jail-status";
import { loadFromClient, reload } from "./reload";
import { toRemoteError } from "./remote-failure";

/** Executes the commands of clients on a daemon, with the answers and exceptions of fail2ban's server. */
export class CommandExecutor {
  readonly #daemon: Daemon;
  readonly #jails: JailExecutor;
  #isReloading = false;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
    this.#jails = new JailExecutor(daemon);
  }

  /** Executes one command. Throws `RemoteError`, which is logged too. */
  async execute(command: Command): Promise<CommandValue> {
    try {
      return await this.#dispatch(parseCommand(command));
    } catch (error) {
      const remote = toRemoteError(error);
      const text = `Command ${formatPython(command).slice(0, 1000)} has failed. Received ${remote.repr}`;
      this.#daemon.logger.log("ERROR", "transmitter", text);
      throw remote;
    }
  }

  #dispatch(request: Request): Promise<CommandValue> | CommandValue {
    if (isSpecChange(request)) {
      return this.#jails.change(request);
    }
    if ("jail" in request && request.type !== "reload") {
      return this.#jails.execute(request);
    }
    return this.#dispatchServer(request);
  }

  async #dispatchServer(request: ServerRequest): Promise<CommandValue> {
    const daemon = this.#daemon;
    switch (request.type) {
      case "ping":
        return "pong";
      case "version":
        return FAIL2BAN_VERSION;
      case "server-status":
        return "Server ready";
      case "flushlogs":
        return this.#flushLogs();
      case "echo":
        return request.words;
      case "sleep":
        await new Promise((resolve) => setTimeout(resolve, request.seconds * 1000));
        return null;
      case "config-error":
        daemon.logger.log("ERROR", "transmitter", request.message);
        return null;
      case "stop-server":
        daemon.requestStop();
        // Who is told that it has ended may rely on it: bans are lifted, the database is closed.
        await daemon.stop();
        return null;
      case "stop-all-jails":
        await Promise.all(daemon.jails.map((jail) => daemon.stopJail(jail.name)));
        return null;
      case "reload":
        return this.#alone(() => reload(daemon, request));
      case "server-stream":
        return this.#alone(() => loadFromClient(daemon, request));
      case "get-server":
        return daemon.options.get(request.option);
      case "set-server":
        return daemon.options.set(request.option, request.value, daemon.jails.length);
      default:
        return this.#askServer(request);
    }
  }

  async #askServer(
    request: Extract<ServerRequest, { readonly type: "stats" | "status" | "banned" | "unban" | "unban-all" }>,
  ): Promise<CommandValue> {
    const { jails } = this.#daemon;
    switch (request.type) {
      case "stats":
        return new Map(sortByName(jails).map((jail) => [jail.name, describeStats(jail)]));
      case "status":
        return this.#status(request.all, request.flavor);
      case "banned":
        return request.ids.length === 0
          ? jails.map((jail) => new Map([[jail.name, jail.bans.map((ban) => ban.offender.id)]]))
          : request.ids.map((id) => jails.filter((jail) => jail.banOf(id)).map((jail) => jail.name));
      case "unban": {
        const results = await Promise.all(jails.map((jail) => jail.unbanByCommand(request.ids)));
        return results.reduce((sum, result) => sum + result.count, 0);
      }
      case "unban-all": {
        const counts = await Promise.all(jails.map((jail) => jail.unbanAll()));
        return counts.reduce((sum, count) => sum + count, 0);
      }
    }
  }

  async #status(all: boolean, flavor: string): Promise<CommandValue> {
    const { jails, logger } = this.#daemon;
    const list = describeServer(jails);
    if (!all) {
      return list;
    }
    const each = new Map<string, CommandValue>();
    for (const jail of sortByName(jails)) {
      each.set(jail.name, await describeJail(jail, flavor, logger.log));
    }
    return flavor === "stats" ? each : [...list, each];
  }

  /** Two streams at once would take each other's jails away. */
  async #alone(work: () => Promise<CommandValue>): Promise<CommandValue> {
    if (this.#isReloading) {
      throw valueError("Reload already in progress");
    }
    this.#isReloading = true;
    try {
      return await work();
    } finally {
      this.#isReloading = false;
    }
  }

  #flushLogs(): CommandValue {
    const { logger } = this.#daemon;
    const done = logger.flush();
    const what = done === "flushed" ? "flush performed on" : "rollover performed on";
    logger.log("INFO", "server", `${what} ${logger.target}`);
    return done;
  }
}

function sortByName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
}
