import { FAIL2BAN_VERSION, formatPython, type Command, type CommandValue } from "../model";
import {
  duplicateJailError,
  parseCommand,
  valueError,
  wordAt,
  type JailChange,
  type JailQuery,
  type Request,
  type ServerRequest,
} from "../control";
import { toActionValue } from "./action-changes";
import { actionMethods, actionProperties, actionProperty, callAction, isMethodCall } from "./action-commands";
import type { Daemon } from "./daemon";
import { applyChange, isSpecChange, newJailSpec, type SpecChange } from "./jail-changes";
import { describeJail, describeServer, describeStats } from "./jail-status";
import { checkSpec, formatBanTimes, incrementValue, listValue, optionValue } from "./jail-values";
import { reload } from "./reload";
import { toRemoteError } from "./remote-failure";

/** Executes the commands of clients on a daemon, with the answers and exceptions of fail2ban's server. */
export class CommandExecutor {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
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
      return this.#changeSpec(request);
    }
    if ("jail" in request && request.type !== "reload") {
      return this.#dispatchJail(request);
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
        setImmediate(() => daemon.requestStop());
        return null;
      case "stop-all-jails":
        await Promise.all(daemon.jails.map((jail) => daemon.stopJail(jail.name)));
        return null;
      case "reload":
      case "server-stream":
        await reload(daemon, request);
        return request.type === "reload" ? "OK" : null;
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

  #status(all: boolean, flavor: string): CommandValue {
    const { jails, logger } = this.#daemon;
    const list = describeServer(jails);
    if (!all) {
      return list;
    }
    const each = new Map(
      sortByName(jails).map((jail) => [jail.name, describeJail(jail, flavor, logger.log)]),
    );
    return flavor === "stats" ? each : [...list, each];
  }

  #flushLogs(): CommandValue {
    const { logger } = this.#daemon;
    const done = logger.flush();
    const what = done === "flushed" ? "flush performed on" : "rollover performed on";
    logger.log("INFO", "server", `${what} ${logger.target}`);
    return done;
  }

  async #dispatchJail(request: JailQuery | Exclude<JailChange, SpecChange>): Promise<CommandValue> {
    const daemon = this.#daemon;
    switch (request.type) {
      case "add-jail":
        if (daemon.hasJail(request.jail)) {
          throw duplicateJailError(request.jail);
        }
        daemon.addJail(newJailSpec(request.jail, request.backend));
        return request.jail;
      case "start-jail":
        if (!daemon.jail(request.jail).isStarted) {
          await daemon.jail(request.jail).start();
        }
        return null;
      case "stop-jail":
        await daemon.stopJail(request.jail);
        return null;
      case "attempt":
        return daemon.jail(request.jail).attempt(request.ip, request.matches) ? 1 : 0;
      case "banip":
        return daemon.jail(request.jail).banByCommand(request.ids);
      case "unbanip":
        return this.#unban(request);
      default:
        return this.#ask(request);
    }
  }

  async #unban(request: Extract<JailChange, { readonly type: "unbanip" }>): Promise<CommandValue> {
    const { count, absent } = await this.#daemon.jail(request.jail).unbanByCommand(request.ids);
    if (request.reportAbsent && absent.length > 0) {
      throw valueError(`not banned: ${formatPython(absent)}`);
    }
    return count;
  }

  #ask(request: JailQuery): CommandValue {
    const jail = this.#daemon.jail(request.jail);
    switch (request.type) {
      case "jail-status":
        return describeJail(jail, request.flavor, this.#daemon.logger.log);
      case "get-option":
        return optionValue(jail.spec, request.option);
      case "get-list":
        return listValue(jail, request.list);
      case "get-bantime-option":
        return incrementValue(jail.spec.increment, request.option);
      case "get-banned":
        return this.#banned(
          jail.bans.map((ban) => ban.offender.id),
          request.ids,
        );
      case "get-banip":
        return jail.bans.map((ban) => (request.withTime ? formatBanTimes(ban) : ban.offender.id));
      case "get-action":
        return actionProperty(jail, request.action, request.property);
      case "get-action-properties":
        return actionProperties(jail, request.action);
      case "get-action-methods":
        return actionMethods(jail, request.action);
    }
  }

  #banned(banned: readonly string[], ids: readonly string[]): CommandValue {
    if (ids.length === 0) {
      return banned;
    }
    const answers = ids.map((id) => (banned.includes(id) ? 1 : 0));
    return answers.length === 1 ? (answers[0] ?? 0) : answers;
  }

  async #changeSpec(change: SpecChange): Promise<CommandValue> {
    const jail = this.#daemon.jail(change.jail);
    if (change.type === "set-action" && isMethodCall(change.words)) {
      return callAction(jail, change.action, change.words);
    }
    const spec = applyChange(jail.spec, change);
    checkSpec(spec);
    await jail.change(spec);
    return this.#answerChange(change);
  }

  #answerChange(change: SpecChange): CommandValue {
    const jail = this.#daemon.jail(change.jail);
    switch (change.type) {
      case "set-idle":
        return change.idle;
      case "set-option":
        return optionValue(jail.spec, change.option);
      case "set-bantime-option":
        return incrementValue(jail.spec.increment, change.option);
      case "add-ignoreip":
      case "del-ignoreip":
        return listValue(jail, "ignoreip");
      case "add-logpath":
      case "del-logpath":
        return listValue(jail, "logpath");
      case "add-journalmatch":
      case "del-journalmatch":
        return listValue(jail, "journalmatch");
      case "add-regex":
        return change.multiple ? true : listValue(jail, change.list);
      case "del-regex":
        return listValue(jail, change.list);
      case "add-action":
        return change.action;
      case "del-action":
        return null;
      case "set-action":
        return toActionValue(wordAt(change.words, 1));
      case "multi-set-action":
        return true;
    }
  }
}

function sortByName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
}
