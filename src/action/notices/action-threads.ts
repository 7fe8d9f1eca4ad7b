import type { ActionLog } from "../action";
import { ThreadHost } from "./thread-host";
import type { StartThread } from "./thread-port";

/** Seconds a stop gives to mails that are on their way. */
const LAST_DELIVERY = 3;

/** What threads of actions are made from. */
export interface ActionThreadsNeeds {
  readonly start: StartThread;
  readonly log: ActionLog;
  /** The file of the queue of notices; undefined keeps it in memory. */
  readonly queuePath: () => string | undefined;
}

/** The threads of all actions: one for notices, one for each module. None is started before an action needs it. */
export class ActionThreads {
  readonly #needs: ActionThreadsNeeds;
  #notices: ThreadHost | undefined;

  constructor(needs: ActionThreadsNeeds) {
    this.#needs = needs;
  }

  get notices(): ThreadHost {
    const { start, log, queuePath } = this.#needs;
    this.#notices ??= new ThreadHost({ start: () => start("notices", queuePath()), log, revives: true });
    return this.#notices;
  }

  /** A thread for one module; who asks for it ends it. */
  makeModuleHost(): ThreadHost {
    const { start, log } = this.#needs;
    return new ThreadHost({ start: () => start("module"), log, revives: false });
  }

  /** Gives what waits a last chance, then ends the thread of notices. */
  async end(): Promise<void> {
    await this.#notices?.end(LAST_DELIVERY);
  }
}
