import type { ActionSpec } from "../../model";
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
import { ActionProperties } from "../action-properties";
import { findWanted, takeFacts, type WantedFacts } from "./ban-facts";
import { actionKey } from "./notice";
import { listOptions, type OptionTexts } from "./options";
import { isSmtpScript, mapSmtpScript } from "./smtp-script";
import type { ThreadAction } from "./thread-messages";
import type { ThreadHost } from "./thread-host";

/** Kinds of actions that run in the thread of notices, by their property `native`. */
const NOTICE_KINDS: readonly string[] = [
  "mail",
  "webhook",
  "abuseipdb",
  "blocklist-de",
  "xarf",
  "cloudflare",
];

/** The kind of notice a spec asks for; undefined when it is none. */
export function noticeKindOf(spec: ActionSpec): string | undefined {
  if (spec.script) {
    return isSmtpScript(spec.script.file) ? "mail" : undefined;
  }
  const native = spec.properties.get("native");
  return typeof native === "string" && NOTICE_KINDS.includes(native) ? native : undefined;
}

/**
 * Tells of bans by mail or web, or has Cloudflare block them. All work is done in a thread of its own: a ban only hands
 * over plain data. What is told is in a queue on disk before the ban counts as told.
 */
export class NoticeAction implements Action {
  readonly name: string;
  readonly canFlush = true;
  readonly epoch = 0;
  readonly concurrent = true;
  readonly #context: ActionContext;
  readonly #host: ThreadHost;
  readonly #key: string;
  #spec: ActionSpec;
  #wanted: WantedFacts = findWanted({});
  #isOpen = false;

  constructor(spec: ActionSpec, context: ActionContext, host: ThreadHost) {
    this.name = spec.name;
    this.#context = context;
    this.#host = host;
    this.#key = actionKey(context.jail.name, spec.name);
    this.#spec = spec;
  }

  /** Restored bans are no news; only a firewall wants them. */
  get norestored(): boolean {
    return this.#isFirewall ? new ActionProperties(this.#spec).isOn("norestored") : true;
  }

  get #isFirewall(): boolean {
    return noticeKindOf(this.#spec) === "cloudflare";
  }

  /** Waits neither for the thread nor for any service: the bans of the jail come after this. */
  start(): Promise<ActionOutcome> {
    void this.#begin();
    return Promise.resolve(APPLIED);
  }

  async stop(): Promise<ActionOutcome> {
    if (!this.#isOpen) {
      return SKIPPED;
    }
    this.#isOpen = false;
    const outcome = await this.#host.run(this.#key, "stop");
    await this.#host.close(this.#key);
    return outcome;
  }

  ban(target: BanTarget): Promise<ActionOutcome> {
    return this.#tell("ban", target);
  }

  unban(target: BanTarget): Promise<ActionOutcome> {
    return this.#tell("unban", target);
  }

  reban(target: BanTarget): Promise<ActionOutcome> {
    return this.#tell("reban", target);
  }

  prolong(target: BanTarget): Promise<ActionOutcome> {
    return this.#tell("prolong", target);
  }

  flush(): Promise<ActionOutcome> {
    return this.#isOpen && this.#isFirewall ? this.#host.run(this.#key, "flush") : Promise.resolve(SKIPPED);
  }

  reload(spec: ActionSpec): Promise<ActionOutcome> {
    this.#spec = spec;
    return this.#open();
  }

  check(): Promise<ActionOutcome> {
    return Promise.resolve(SKIPPED);
  }

  async #begin(): Promise<void> {
    const opening = this.#open();
    // Asked for now, so that it comes before the first ban.
    const starting = this.#isOpen ? this.#host.run(this.#key, "start") : SKIPPED;
    const opened = await opening;
    const outcome = opened.status === "failed" ? opened : await starting;
    if (outcome.status === "failed") {
      const what = `Failed to start jail '${this.#context.jail.name}' action '${this.name}'`;
      this.#context.log("ERROR", "actions", `${what}: ${outcome.message}`);
    }
  }

  async #open(): Promise<ActionOutcome> {
    const action = this.#describe();
    if (typeof action === "string") {
      this.#isOpen = false;
      return failed(action);
    }
    this.#wanted = findWanted(action.options);
    // What is asked for meanwhile reaches the thread after this.
    const wasOpen = this.#isOpen;
    this.#isOpen = true;
    const { outcome } = await this.#host.open(this.#key, action);
    // A firewall goes on with the settings it had.
    this.#isOpen = outcome.status !== "failed" || (wasOpen && this.#isFirewall);
    return outcome;
  }

  #tell(operation: ActionOperation, target: BanTarget): Promise<ActionOutcome> {
    if (this.#isOpen) {
      return this.#host.run(this.#key, operation, takeFacts(target, this.#wanted));
    }
    // What cannot be told is no reason to show a ban as not in force; the start has said what is wrong.
    return Promise.resolve(this.#isFirewall ? failed("the action could not be started") : SKIPPED);
  }

  /** What the thread has to know, or what is wrong with it. */
  #describe(): ThreadAction | string {
    const { script, properties } = this.#spec;
    const given = script ? mapSmtpScript(script.args) : listOptions(properties);
    const options = given && nameHost(given, this.#context.lookups.ownNames());
    return options === undefined
      ? "the arguments of smtp.py are no JSON object"
      : {
          jail: this.#context.jail.name,
          name: this.name,
          host: this.#context.lookups.ownNames().full,
          kind: noticeKindOf(this.#spec) ?? "",
          options,
        };
  }
}

/** Tags that are the same for every notice. */
function nameHost(
  options: OptionTexts,
  names: { readonly full: string; readonly short: string },
): OptionTexts {
  const replace = (text: string): string =>
    text.replaceAll("<fq-hostname>", names.full).replaceAll("<sh-hostname>", names.short);
  return Object.fromEntries(Object.entries(options).map(([name, text]) => [name, replace(text)]));
}
