import { spawn, type ChildProcess } from "node:child_process";
import { atExit, type Clock } from "../platform";
import type { FirewallEvent, FirewallWatch, WatchListener } from "./native-watch";

/** What a monitor is made from. */
export interface MonitorNeeds {
  /** The program and its arguments, without a shell; it prints what happens in the words of `nft monitor`. */
  readonly argv: readonly [string, ...string[]];
  readonly clock: Clock;
}

const FIRST_DELAY = 1;
const LONGEST_DELAY = 60;
/** Seconds after which a monitor counts as a good one, so that the next delay is short again. */
const GOOD_AFTER = 30;
/** Seconds between two calls of one listener. */
const PAUSE = 1;
/** Seconds without more to do after which the monitor looks again. */
const REST = 1;
const MOST_PIDS = 256;
const MOST_ADDRESSES = 64;
const LONGEST_LINE = 4096;
const CHANGE =
  /^(delete|add|insert|replace) (table|chain|set|rule|element) (\S+) (\S+)(?: (\S+))?(?: \{ (\S+))?/;
const GENERATION = /^# new generation \d+ by process (\d+) /;
const LOST = /^# ERROR|lost some netlink events/;

/** One thing to be told when the generation it belongs to has ended. */
interface Noted {
  readonly table: string;
  readonly event: FirewallEvent;
}

/** What a line tells of one element. */
interface ElementLine {
  readonly table: string;
  readonly set: string;
  readonly address: string;
  readonly isGone: boolean;
}

/**
 * Follows what happens to the firewall with one `nft monitor` for the whole daemon, asleep while nothing happens. What
 * our own programs do is not told. A monitor that ends is started again, after a longer and longer pause.
 */
export class NftMonitor implements FirewallWatch {
  readonly #needs: MonitorNeeds;
  readonly #listeners = new Map<WatchListener, (text: string) => void>();
  readonly #called = new Map<WatchListener, number>();
  readonly #delayed = new Map<WatchListener, () => void>();
  readonly #ownPids = new Set<number>();
  #child: ChildProcess | undefined;
  #rest = "";
  #noted: Noted[] = [];
  #delay = FIRST_DELAY;
  #started = 0;
  /** What people have been told of the monitor. */
  #complaint: string | undefined;
  #cancelStart: (() => void) | undefined;
  /** How many transactions too big to be watched are under way. */
  #big = 0;
  #isQuiet = false;
  #callOff: (() => void) | undefined;

  constructor(needs: MonitorNeeds) {
    this.#needs = needs;
  }

  get isAwake(): boolean {
    return this.#child !== undefined || this.#isQuiet;
  }

  own(pid: number): void {
    // The one that is told again and again must not be forgotten over those that come and go.
    this.#ownPids.delete(pid);
    this.#ownPids.add(pid);
    if (this.#ownPids.size > MOST_PIDS) {
      const [oldest] = this.#ownPids;
      this.#ownPids.delete(oldest ?? 0);
    }
  }

  subscribe(listener: WatchListener, log: (text: string) => void): () => void {
    this.#listeners.set(listener, log);
    if (!this.#child && !this.#cancelStart) {
      this.#start();
    }
    return () => {
      this.#listeners.delete(listener);
      this.#called.delete(listener);
      this.#delayed.get(listener)?.();
      this.#delayed.delete(listener);
      if (this.#listeners.size === 0) {
        this.#stop();
      }
    };
  }

  remind(listener: WatchListener, seconds: number): void {
    if (this.#listeners.has(listener) && !this.#delayed.has(listener)) {
      this.#callIn(listener, seconds);
    }
  }

  async unwatched<T>(work: () => Promise<T>): Promise<T> {
    this.#big++;
    // Also before the first start; one that cannot be had is not quiet but absent.
    this.#isQuiet ||= this.#child !== undefined || !this.#cancelStart;
    this.#stop();
    try {
      return await work();
    } finally {
      this.#big--;
      this.#startIn(REST);
    }
  }

  #start(): void {
    this.#cancelStart = undefined;
    if (this.#listeners.size === 0 || this.#big > 0) {
      this.#isQuiet &&= this.#listeners.size > 0;
      return;
    }
    const [file, ...args] = this.#needs.argv;
    const wasQuiet = this.#isQuiet;
    this.#isQuiet = false;
    this.#started = this.#needs.clock.elapsed();
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], cwd: "/" });
    this.#child = child;
    this.#callOff ??= atExit(() => this.#child?.kill("SIGKILL"));
    this.#rest = "";
    this.#noted = [];
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(0, 300);
      this.#read(LOST.test(text) ? "# ERROR\n" : "");
    });
    child.once("error", (error) => this.#mourn(child, error.message));
    // Not when it exits: what it has said may still be on its way then.
    child.once("close", (code, signal) => this.#mourn(child, errors.trim() || `ended (${signal ?? code})`));
    // Nobody is kept alive by it.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) {
      (stream as unknown as { unref?: () => void }).unref?.();
    }
    if (wasQuiet || this.#delay > FIRST_DELAY) {
      this.#tellAll();
    }
  }

  #stop(): void {
    this.#cancelStart?.();
    this.#cancelStart = undefined;
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #startIn(seconds: number): void {
    this.#cancelStart?.();
    this.#cancelStart = this.#needs.clock.after(seconds, () => this.#start());
  }

  #mourn(child: ChildProcess, why: string): void {
    if (this.#child !== child) {
      return;
    }
    this.#child = undefined;
    const isGood = this.#needs.clock.elapsed() - this.#started > GOOD_AFTER;
    this.#complaint = isGood ? undefined : this.#complaint;
    this.#delay = isGood ? FIRST_DELAY * 2 : Math.min(this.#delay * 2, LONGEST_DELAY);
    const delay = this.#delay / 2;
    if (why !== this.#complaint) {
      this.#complaint = why;
      const [log] = this.#listeners.values();
      log?.(
        `The firewall is not watched: nft monitor: ${why}. Every ban looks for itself; next attempt in ${delay} s`,
      );
    }
    this.#startIn(delay);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
    lines.forEach((line) => this.#take(line));
  }

  #take(line: string): void {
    const generation = GENERATION.exec(line);
    if (generation) {
      const noted = this.#noted;
      this.#noted = [];
      if (!this.#ownPids.has(Number(generation[1]))) {
        this.#tell(noted);
      }
    } else if (LOST.test(line)) {
      this.#noted = [];
      this.#tellAll();
    } else {
      this.#note(line);
    }
  }

  #note(line: string): void {
    const [, verb, kind, family, table, name = "", address = ""] = CHANGE.exec(line) ?? [];
    if (verb === undefined) {
      return;
    }
    if (kind === "element" && address !== "") {
      this.#noteElement({ table: `${family} ${table}`, set: name, address, isGone: verb === "delete" });
    } else if (kind !== "element" && (verb === "delete" || kind === "rule")) {
      // A rule that others add may stand in front of ours.
      this.#noteRules(`${family} ${table}`, verb === "delete" ? "rules" : "unseen");
    }
  }

  /** An element that is gone and added again has only got another end. */
  #noteElement({ table, set, address, isGone }: ElementLine): void {
    const place = this.#noted.findIndex(
      ({ table: other, event }) => other === table && event.type === "elements" && event.set === set,
    );
    const before = this.#noted[place]?.event;
    if (!before && !isGone) {
      return;
    }
    const known = before?.type === "elements" ? before.addresses : [];
    const others = known?.filter((other) => other !== address);
    const gone = isGone && others ? [...others, address] : others;
    const addresses = gone && gone.length > MOST_ADDRESSES ? undefined : gone;
    const noted: Noted = { table, event: { type: "elements", set, addresses } };
    this.#noted.splice(place < 0 ? this.#noted.length : place, place < 0 ? 0 : 1, noted);
  }

  #noteRules(table: string, type: "rules" | "unseen"): void {
    const known = this.#noted.findIndex(
      ({ table: other, event }) => other === table && event.type !== "elements",
    );
    if (known < 0) {
      this.#noted.push({ table, event: { type } });
    } else if (type === "rules") {
      this.#noted[known] = { table, event: { type } };
    }
  }

  #tell(noted: readonly Noted[]): void {
    for (const listener of this.#listeners.keys()) {
      const events = noted.filter(({ table }) => listener.tables.includes(table)).map(({ event }) => event);
      for (const event of events) {
        this.#call(listener, event);
      }
    }
  }

  #tellAll(): void {
    for (const listener of this.#listeners.keys()) {
      this.#call(listener, { type: "unseen" });
    }
  }

  /** Whoever fights for the firewall with somebody else does so once a second, not all the time. */
  #call(listener: WatchListener, event: FirewallEvent): void {
    if (this.#delayed.has(listener)) {
      return;
    }
    const { clock } = this.#needs;
    const wait = (this.#called.get(listener) ?? Number.NEGATIVE_INFINITY) + PAUSE - clock.elapsed();
    if (wait <= 0) {
      this.#called.set(listener, clock.elapsed());
      listener.changed(event);
    } else {
      this.#callIn(listener, wait);
    }
  }

  #callIn(listener: WatchListener, seconds: number): void {
    const { clock } = this.#needs;
    const cancel = clock.after(seconds, () => {
      this.#delayed.delete(listener);
      this.#called.set(listener, clock.elapsed());
      // Whatever has happened meanwhile.
      listener.changed({ type: "rules" });
    });
    this.#delayed.set(listener, cancel);
  }
}
