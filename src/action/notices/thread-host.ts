import type { ActionLog, ActionOperation, ActionOutcome } from "../action";
import { failed } from "../action";
import type { BanFacts } from "./notice";
import type { ThreadAction, ThreadPort, ThreadReply, ThreadRequest, ThreadTraits } from "./thread-messages";

/** How an action in a thread is reached. */
export interface ThreadHostNeeds {
  /** Starts the thread. Throws when that is impossible. */
  readonly start: () => ThreadPort;
  readonly log: ActionLog;
  /** Whether a thread that died is started again by itself, and asked again what it has not answered. */
  readonly revives: boolean;
}

/** The answer to one request. */
export interface ThreadAnswer {
  readonly outcome: ActionOutcome;
  readonly traits?: ThreadTraits;
}

interface Call {
  readonly request: ThreadRequest;
  readonly settle: (answer: ThreadAnswer) => void;
  deaths: number;
}

/** A request without its number, which is given here. */
type Unnumbered<Request> = Request extends unknown ? Omit<Request, "call"> : never;

const LOGGER = "actions";
/** Milliseconds before a thread that died is started again. */
const REST_MS = 1000;
/** Times a request may see its thread die before it is held to be the reason. */
const MOST_DEATHS = 2;

/**
 * Keeps a thread for actions: started when the first action opens, started again when it dies, with all actions open
 * as before. No method ever rejects.
 */
export class ThreadHost {
  readonly #needs: ThreadHostNeeds;
  readonly #actions = new Map<string, ThreadAction>();
  readonly #calls = new Map<number, Call>();
  #nextCall = 1;
  #port: ThreadPort | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(needs: ThreadHostNeeds) {
    this.#needs = needs;
  }

  /** Whether there is a thread now. */
  get isRunning(): boolean {
    return this.#port !== undefined;
  }

  open(key: string, action: ThreadAction): Promise<ThreadAnswer> {
    this.#actions.set(key, action);
    return this.#ask({ type: "open", key, action });
  }

  async run(key: string, operation: ActionOperation, facts?: BanFacts): Promise<ActionOutcome> {
    const request = { type: "run", key, operation } as const;
    return (await this.#ask(facts ? { ...request, facts } : request)).outcome;
  }

  async close(key: string): Promise<void> {
    if (this.#actions.delete(key) && this.#port) {
      await this.#ask({ type: "close", key });
    }
  }

  /** Lets the thread deliver what it can within so many seconds, then ends it. */
  async end(seconds: number): Promise<void> {
    this.#actions.clear();
    clearTimeout(this.#rest);
    this.#rest = undefined;
    const port = this.#port;
    if (!port) {
      this.#settleAll("the daemon ends");
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000 + REST_MS);
    });
    await Promise.race([this.#ask({ type: "end", seconds }), late]);
    clearTimeout(timer);
    this.#port = undefined;
    this.#settleAll("the thread has been ended");
    await port.kill();
  }

  /** Ends a thread that hangs; the next request starts another one. */
  async kill(reason: string): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    this.#settleAll(reason);
    await port?.kill();
  }

  #ask(request: Unnumbered<ThreadRequest>): Promise<ThreadAnswer> {
    const call = this.#nextCall++;
    const numbered = { ...request, call } as ThreadRequest;
    return new Promise((settle) => {
      this.#calls.set(call, { request: numbered, settle, deaths: 0 });
      if (this.#rest) {
        return;
      }
      if (this.#port) {
        this.#port.post(numbered);
      } else {
        this.#start();
      }
    });
  }

  /** A new thread gets all actions, then everything that has no answer yet. */
  #start(): void {
    let port: ThreadPort;
    try {
      port = this.#needs.start();
    } catch (error) {
      this.#settleAll(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#port = port;
    port.onReply((reply) => this.#take(reply));
    port.onExit((reason) => this.#mourn(port, reason));
    const opening = new Set<string>();
    for (const { request } of this.#calls.values()) {
      if (request.type === "open") {
        opening.add(request.key);
      }
    }
    for (const [key, action] of this.#actions) {
      if (!opening.has(key)) {
        port.post({ type: "open", call: 0, key, action });
      }
    }
    for (const { request } of this.#calls.values()) {
      port.post(request);
    }
  }

  #take(reply: ThreadReply): void {
    if (reply.type === "log") {
      this.#needs.log(reply.level, LOGGER, reply.text);
      return;
    }
    const call = this.#calls.get(reply.call);
    this.#calls.delete(reply.call);
    call?.settle(reply);
  }

  #mourn(port: ThreadPort, reason: string): void {
    if (this.#port !== port) {
      return;
    }
    this.#port = undefined;
    this.#needs.log("ERROR", LOGGER, `A thread of actions has ended: ${reason}`);
    for (const [number, call] of this.#calls) {
      call.deaths++;
      if (!this.#needs.revives || call.deaths >= MOST_DEATHS) {
        this.#calls.delete(number);
        call.settle({ outcome: failed(`the thread of the action has ended: ${reason}`) });
      }
    }
    if (this.#needs.revives && this.#actions.size + this.#calls.size > 0) {
      this.#rest = setTimeout(() => {
        this.#rest = undefined;
        this.#start();
      }, REST_MS);
    }
  }

  #settleAll(reason: string): void {
    for (const { settle } of this.#calls.values()) {
      settle({ outcome: failed(reason) });
    }
    this.#calls.clear();
  }
}
