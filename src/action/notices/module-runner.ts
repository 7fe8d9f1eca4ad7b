import { pathToFileURL } from "node:url";
import { messageOf } from "../../model";
import {
  APPLIED,
  failed,
  SKIPPED,
  type ActionLogLevel,
  type ActionOperation,
  type ActionOutcome,
} from "../action";
import type { BanFacts } from "./notice";
import type { ThreadAction, ThreadReply, ThreadRequest, ThreadTraits } from "./thread-messages";

type Method = (...args: readonly unknown[]) => unknown;

/** What a module gives back from `create`: any of the methods, see docs/notices.md. */
type ModuleObject = Readonly<Record<string, unknown>>;

const LEVELS: readonly ActionLogLevel[] = ["CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];

/** Runs one module in this thread. Its methods are called one after the other. */
export class ModuleRunner {
  readonly #reply: (reply: ThreadReply) => void;
  #module: ModuleObject | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(reply: (reply: ThreadReply) => void) {
    this.#reply = reply;
  }

  /** Does what the daemon asks for and answers. Never throws. */
  handle(request: ThreadRequest): void {
    this.#last = this.#last
      .then(() => this.#do(request))
      .catch((error: unknown) => failed(messageOf(error)))
      .then((outcome) => {
        const traits = this.#module && request.type === "open" ? { traits: traitsOf(this.#module) } : {};
        this.#reply({ type: "done", call: request.call, outcome, ...traits });
      });
  }

  async #do(request: ThreadRequest): Promise<ActionOutcome> {
    switch (request.type) {
      case "open":
        this.#module = await this.#create(request.action);
        return APPLIED;
      case "run":
        return this.#call(request.operation, request.facts);
      default:
        return APPLIED;
    }
  }

  async #create({ kind: file, jail, name, options }: ThreadAction): Promise<ModuleObject> {
    const exported = findCreate(await import(pathToFileURL(file).href));
    if (!exported) {
      throw new TypeError(`${file} has no exported function create(jail, name, options)`);
    }
    const view = { name: jail, log: (level: string, text: string) => this.#log(name, level, text) };
    const made: unknown = await exported(view, name, { ...options });
    if (typeof made !== "object" || made === null) {
      throw new TypeError(`create of ${file} gives no object`);
    }
    return made as ModuleObject;
  }

  async #call(operation: ActionOperation, facts: BanFacts | undefined): Promise<ActionOutcome> {
    const method = this.#find(operation) ?? (operation === "reban" ? this.#find("ban") : undefined);
    if (!method) {
      return SKIPPED;
    }
    await (facts ? method.call(this.#module, facts) : method.call(this.#module));
    return APPLIED;
  }

  #find(name: string): Method | undefined {
    const method = this.#module?.[name];
    return typeof method === "function" ? (method as Method) : undefined;
  }

  #log(action: string, level: string, text: string): void {
    const known = LEVELS.find((one) => one === level.toUpperCase()) ?? "INFO";
    this.#reply({ type: "log", level: known, text: `[${action}] ${text}` });
  }
}

function traitsOf(module: ModuleObject): ThreadTraits {
  return { norestored: Boolean(module["norestored"]), canFlush: typeof module["flush"] === "function" };
}

/** `create`, exported by name or as a property of the default export. */
function findCreate(exported: unknown): Method | undefined {
  const all = exported as {
    readonly create?: unknown;
    readonly default?: { readonly create?: unknown } | null;
  };
  const create = all.create ?? all.default?.create;
  return typeof create === "function" ? (create as Method) : undefined;
}
