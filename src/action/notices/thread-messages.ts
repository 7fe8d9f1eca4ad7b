import type { ActionLogLevel, ActionOperation, ActionOutcome } from "../action";
import type { BanFacts } from "./notice";
import type { OptionTexts } from "./options";

/** What an action in a thread is made from. */
export interface ThreadAction {
  readonly jail: string;
  readonly name: string;
  /** The name of this machine. */
  readonly host: string;
  /** `mail`, `webhook` …; for a module the path of its file. */
  readonly kind: string;
  readonly options: OptionTexts;
}

/** What a module says of itself. */
export interface ThreadTraits {
  readonly norestored: boolean;
  readonly canFlush: boolean;
}

/** From the daemon to a thread. Each is answered once, with its number. */
export type ThreadRequest =
  | { readonly type: "open"; readonly call: number; readonly key: string; readonly action: ThreadAction }
  | {
      readonly type: "run";
      readonly call: number;
      readonly key: string;
      readonly operation: ActionOperation;
      readonly facts?: BanFacts;
    }
  | { readonly type: "close"; readonly call: number; readonly key: string }
  /** Deliver what can be delivered within so many seconds: the thread ends then. */
  | { readonly type: "end"; readonly call: number; readonly seconds: number };

/** From a thread to the daemon. */
export type ThreadReply =
  | {
      readonly type: "done";
      readonly call: number;
      readonly outcome: ActionOutcome;
      readonly traits?: ThreadTraits;
    }
  | { readonly type: "log"; readonly level: ActionLogLevel; readonly text: string };

/** The daemon's end of a thread; in tests the thread's work itself. */
export interface ThreadPort {
  post(request: ThreadRequest): void;
  onReply(listener: (reply: ThreadReply) => void): void;
  /** Called once, when the thread is gone for whatever reason. */
  onExit(listener: (reason: string) => void): void;
  /** Ends the thread at once, even one that hangs. */
  kill(): Promise<void>;
}
