/** What somebody else has done to a table. */
export type FirewallEvent =
  /** Rules, chains, sets or the table itself are gone, and something else may be there in their place. */
  | { readonly type: "rules" }
  /** Nothing is known; a quick look will do. */
  | { readonly type: "unseen" }
  /** Elements are gone: texts of addresses as the kernel tells them, unless there were too many. */
  | { readonly type: "elements"; readonly set: string; readonly addresses: readonly string[] | undefined };

/** Hears what others do to the tables it has named. */
export interface WatchListener {
  readonly tables: readonly string[];
  changed(event: FirewallEvent): void;
}

/** Tells what others do to the firewall. */
export interface FirewallWatch {
  /** Whether it looks, or rests only for a moment because of us. */
  readonly isAwake: boolean;
  /** That process works for us; what it does is not told. */
  own(pid: number): void;
  /** Begins to tell; `log` takes what people should know of the watch. Gives what ends it. */
  subscribe(listener: WatchListener, log: (text: string) => void): () => void;
  /** Calls a listener in any case after so many seconds. */
  remind(listener: WatchListener, seconds: number): void;
  /**
   * Does something with many elements unwatched: the kernel would write a message about each, which takes longer than
   * the work itself. Afterwards everybody looks for themselves.
   */
  unwatched<T>(work: () => Promise<T>): Promise<T>;
}
