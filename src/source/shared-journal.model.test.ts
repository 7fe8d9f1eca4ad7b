/** Jails come, go and are started again on one journal that is written, rotated and whose readers die. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { describe, expect, it } from "vitest";
import { waitUntil } from "./collector.testing";
import type { JournalPlace } from "./journal-command";
import type { JournalMatches } from "./journal-match";
import type { JournalCheckpoint } from "./journal-member";
import { SharedJournal, type JournalSubscription } from "./shared-journal";

const REMOTE = "/lib/systemd/systemd-journal-remote";
const isMissing = !existsSync(REMOTE) || spawnSync("journalctl", ["--version"]).error !== undefined;

const OPERATIONS = [
  "write",
  "write many",
  "write",
  "toggle 0",
  "toggle 1",
  "toggle 2",
  "toggle 3",
  "restart",
  "rotate",
  "kill",
  "wait",
] as const;
type Operation = (typeof OPERATIONS)[number];

const WISHES: readonly JournalMatches[] = [
  [["A=1"]],
  [["A=1", "A=2", "B=1"], ["B=3"]],
  [["A=2"], ["A=1", "B=2"]],
  [],
];

interface Written {
  readonly text: string;
  readonly a: number;
  readonly b: number;
}

/** What the wishes say, written down a second time. */
const WANTS: readonly ((entry: Written) => boolean)[] = [
  ({ a }) => a === 1,
  ({ a, b }) => ((a === 1 || a === 2) && b === 1) || b === 3,
  ({ a, b }) => a === 2 || (a === 1 && b === 2),
  () => true,
];

class Jail {
  readonly heard: string[] = [];
  readonly #index: number;
  #checkpoint: JournalCheckpoint | undefined;
  #subscription: JournalSubscription | undefined;

  constructor(index: number) {
    this.#index = index;
  }

  get isOpen(): boolean {
    return this.#subscription !== undefined;
  }

  open(journal: SharedJournal): void {
    const matches = WISHES[this.#index] ?? [];
    this.#subscription = journal.join(
      { name: `jail${this.#index}`, matches, from: 0, checkpoint: this.#checkpoint },
      {
        entries: async (entries) => {
          this.heard.push(...entries.map(({ text }) => text.split(" ").at(-1) ?? ""));
          await new Promise((resolve) => setTimeout(resolve, this.#index));
        },
        checkpoint: (checkpoint) => (this.#checkpoint = checkpoint),
      },
    );
  }

  async close(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.stop();
  }
}

class World {
  readonly jails = WISHES.map((_, i) => new Jail(i));
  readonly written: Written[] = [];
  readonly #folder: string;
  readonly #place: JournalPlace;
  #journal: SharedJournal;
  #writer: ChildProcess | undefined;
  #micros = Date.now() * 1000;
  #rotations = 0;

  constructor(folder: string, isNamed: boolean) {
    this.#folder = folder;
    this.#place = isNamed ? { journalfiles: join(folder, "x*.journal") } : { journalpath: folder };
    this.#journal = this.#open();
  }

  async do(operation: Operation): Promise<void> {
    switch (operation) {
      case "write":
        return this.write(1);
      case "write many":
        return this.write(40);
      case "restart":
        return this.#restart();
      case "rotate":
        return this.#rotate();
      case "kill":
        readerPids().forEach((pid) => process.kill(pid, "SIGKILL"));
        return;
      case "wait":
        await new Promise((resolve) => setTimeout(resolve, 150));
        return;
      default:
        return this.#toggle(this.jails[Number(operation.slice(-1))]);
    }
  }

  async write(count: number): Promise<void> {
    this.#writer ??= spawn(REMOTE, ["-o", join(this.#folder, "x.journal"), "-"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    for (let i = 0; i < count; i++) {
      const n = this.written.length;
      const entry = { text: `entry${n}`, a: 1 + (n % 3), b: 1 + (Math.floor(n / 3) % 4) };
      this.written.push(entry);
      // Every other entry has the time of the one before.
      this.#micros += n % 2;
      const fields = [`__REALTIME_TIMESTAMP=${this.#micros}`, `A=${entry.a}`, `B=${entry.b}`];
      this.#writer.stdin?.write([...fields, `MESSAGE=${entry.text}`].join("\n") + "\n\n");
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** All jails are read to the end. */
  async finish(): Promise<void> {
    this.jails.filter((jail) => !jail.isOpen).forEach((jail) => jail.open(this.#journal));
    await this.write(12);
    const counts = (): string =>
      this.jails.map((jail, i) => `${jail.heard.length}/${this.owed(i).length}`).join(" ");
    await waitUntil(() => this.jails.every((jail, i) => jail.heard.length >= this.owed(i).length), counts);
  }

  owed(jail: number): string[] {
    return this.written.filter((entry) => WANTS[jail]?.(entry)).map(({ text }) => text);
  }

  async end(): Promise<void> {
    await Promise.all(this.jails.map((jail) => jail.close()));
    await this.#endWriter();
  }

  #open(): SharedJournal {
    return new SharedJournal({ place: this.#place, report: () => {} });
  }

  async #toggle(jail: Jail | undefined): Promise<void> {
    if (jail?.isOpen) {
      await jail.close();
    } else {
      jail?.open(this.#journal);
    }
  }

  async #restart(): Promise<void> {
    const open = this.jails.filter(({ isOpen }) => isOpen);
    await Promise.all(open.map((jail) => jail.close()));
    this.#journal = this.#open();
    open.forEach((jail) => jail.open(this.#journal));
  }

  async #rotate(): Promise<void> {
    await this.#endWriter();
    const active = join(this.#folder, "x.journal");
    if (existsSync(active)) {
      renameSync(active, join(this.#folder, `x${++this.#rotations}.journal`));
    }
    // The next writer counts anew: only times order its entries behind those before.
    this.#micros += 2;
  }

  async #endWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer) {
      const ended = once(writer, "close");
      writer.stdin?.end();
      await ended;
    }
  }
}

/** Processes of journalctl that this process has started. */
function readerPids(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  return children
    .map(Number)
    .filter((pid) => existsSync(`/proc/${pid}/comm`))
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8") === "journalctl\n");
}

async function run(operations: readonly Operation[], isNamed: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "warder-shared-journal-"));
  mkdirSync(folder, { recursive: true });
  const world = new World(folder, isNamed);
  try {
    await world.write(3);
    for (const operation of operations) {
      await world.do(operation);
    }
    await world.finish();
    await world.end();
    world.jails.forEach((jail, i) => expect(jail.heard).toEqual(world.owed(i)));
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    expect(readerPids()).toEqual([]);
  } finally {
    await world.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(isMissing)("a journal read by many", () => {
  const operations = array(constantFrom(...OPERATIONS), { minLength: 3, maxLength: 25, size: "max" });

  it.each([false, true])(
    "gives each its entries once and in order (files named: %s)",
    { timeout: 120_000 },
    (isNamed) =>
      assert(
        asyncProperty(operations, (list) => run(list, isNamed)),
        { numRuns: Number(process.env["WARDER_MODEL_RUNS"] ?? 6), endOnFailure: true },
      ),
  );
});
