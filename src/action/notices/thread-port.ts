import { Worker } from "node:worker_threads";
import type { ThreadPort, ThreadReply, ThreadRequest } from "./thread-messages";

/** What a thread of actions is for: all notices, or one module. */
export type ThreadRole = "notices" | "module";

/** Starts a thread for a role. `queuePath` is where notices wait that are not delivered yet. */
export type StartThread = (role: ThreadRole, queuePath?: string) => ThreadPort;

/** Megabytes a thread may fill before it is ended, instead of the daemon. */
const MOST_MEMORY = 256;

/** Starts threads from bundled scripts of one folder. */
export function threadsFrom(scriptOf: (role: ThreadRole) => string): StartThread {
  return (role, queuePath) => new ActionThread(role, scriptOf(role), queuePath);
}

class ActionThread implements ThreadPort {
  readonly #worker: Worker;
  #reason: string | undefined;

  constructor(role: ThreadRole, script: string, queuePath: string | undefined) {
    this.#worker = new Worker(script, {
      name: `warder-${role}`,
      workerData: { queuePath },
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY },
    });
    this.#worker.on("error", (error) => {
      this.#reason = error.message;
    });
  }

  post(request: ThreadRequest): void {
    this.#worker.postMessage(request);
  }

  onReply(listener: (reply: ThreadReply) => void): void {
    this.#worker.on("message", listener);
  }

  onExit(listener: (reason: string) => void): void {
    this.#worker.once("exit", (code) => listener(this.#reason ?? `exit code ${code}`));
  }

  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}
