import { formatPython, formatPythonText, type CommandValue } from "../model";
import {
  duplicateJailError,
  valueError,
  wordAt,
  type JailChange,
  type JailList,
  type JailQuery,
} from "../control";
import { actionMethods, actionProperties, actionProperty, callAction, isMethodCall } from "./action-commands";
import { checkByHand, checkId } from "./command-checks";
import type { Daemon } from "./daemon";
import { applyChange, newJailSpec, type SpecChange } from "./jail-changes";
import { describeJail } from "./jail-status";
import { describeSources } from "./source-status";
import { describeEnforcement, describePackets } from "./enforcement-status";
import { checkSpec, formatBanTimes, incrementValue, listValue, optionValue } from "./jail-values";

type ListChange = Extract<
  SpecChange,
  {
    readonly type:
      | "add-ignoreip"
      | "del-ignoreip"
      | "add-logpath"
      | "del-logpath"
      | "add-journalmatch"
      | "del-journalmatch"
      | "add-regex"
      | "del-regex";
  }
>;

/** Executes the commands about one jail. */
export class JailExecutor {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Executes one command. Throws `RemoteError` and errors of ours. */
  async execute(request: JailQuery | Exclude<JailChange, SpecChange>): Promise<CommandValue> {
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
        request.ids.forEach(checkId);
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

  #ask(request: JailQuery): Promise<CommandValue> | CommandValue {
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
      case "get-sources":
        return describeSources(this.#daemon, request.jail);
      case "get-enforcement":
        return describeEnforcement(jail);
      case "get-packets":
        return describePackets(jail);
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

  /** Changes what a jail is. Throws before anything is touched. */
  async change(change: SpecChange): Promise<CommandValue> {
    const jail = this.#daemon.jail(change.jail);
    if (change.type === "set-action" && isMethodCall(change.words)) {
      return callAction(jail, change.action, change.words);
    }
    checkByHand(jail.spec, change, this.#daemon.logger.log);
    const spec = applyChange(jail.spec, change);
    checkSpec(spec);
    await jail.change(spec);
    this.#daemon.checkFilters();
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
      case "add-action":
        return change.action;
      case "del-action":
        return null;
      case "set-action":
        return actionProperty(jail, change.action, formatPythonText(wordAt(change.words, 0)));
      case "multi-set-action":
        return true;
      default:
        return change.type === "add-regex" && change.multiple ? true : listValue(jail, listOf(change));
    }
  }
}

/** The list that a change adds to or removes from. */
function listOf(change: ListChange): JailList {
  switch (change.type) {
    case "add-ignoreip":
    case "del-ignoreip":
      return "ignoreip";
    case "add-logpath":
    case "del-logpath":
      return "logpath";
    case "add-journalmatch":
    case "del-journalmatch":
      return "journalmatch";
    default:
      return change.list;
  }
}
