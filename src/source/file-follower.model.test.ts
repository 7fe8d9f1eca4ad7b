import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { array, assert, asyncProperty, boolean, constantFrom } from "fast-check";
import { describe, expect, it } from "vitest";
import { Collector } from "./collector.testing";
import { FileFollower } from "./file-follower";

const OPERATIONS = [
  "write",
  "write",
  "write",
  "write many",
  "half",
  "rename",
  "rename and create",
  "copytruncate",
  "truncate",
  "compress",
  "delete",
  "late write",
  "look",
  "look",
  "let events come",
  "restart",
  "restart, compressed meanwhile",
] as const;
type Operation = (typeof OPERATIONS)[number];

/**
 * A log that is written and rotated in every way, and what a follower of it owes.
 *
 * Owed: every whole line, once, in order. Not owed, as nobody can know it:
 *  - lines cut off (truncate) or deleted before a look, except a deleted file that was open;
 *  - after such a cut or deletion, and before the first file was seen since the start, files that come and go between
 *    two looks: nothing links them to a file that is known;
 *  - a copytruncate of a file of which no line had been read: nothing tells whose copy it is;
 *  - what a slow writer adds to a file already rotated, over a restart.
 */
class World {
  readonly #real: string;
  readonly #log: string;
  readonly owed = new Set<string>();
  readonly late = new Set<string>();
  #collector = new Collector();
  #follower: FileFollower;
  readonly delivered: string[] = [];
  #count = 0;
  #unread: string[] = [];
  #hasHalf = false;
  /** Since the last look something was removed without a trace. */
  #isTorn = false;
  /** Whole lines of the present content. */
  #linesHere = 0;
  /** Whether whole lines of the present content had been read at the last look. */
  #isKnown = false;
  /** Whether the present file was there at the last look. */
  #isOpen = false;
  #canWriteLate = false;
  /** Whether a file has been seen whose successors can be told by its name. */
  #hasAnchor = false;

  constructor(folder: string, isLinked: boolean) {
    mkdirSync(join(folder, "data"));
    this.#real = join(folder, "data/x.log");
    this.#log = isLinked ? join(folder, "x") : this.#real;
    if (isLinked) {
      symlinkSync("data/x.log", this.#log);
    }
    this.#follower = this.#start();
  }

  async do(operation: Operation): Promise<void> {
    switch (operation) {
      case "write":
        return this.#write(1);
      case "write many":
        return this.#write(700);
      case "half":
        return this.#half();
      case "rename":
        return this.#rename();
      case "rename and create":
        this.#rename();
        return writeFileSync(this.#real, "", { flag: "a" });
      case "copytruncate":
        return this.#copytruncate();
      case "compress":
        return this.#compress();
      case "truncate":
        return this.#truncate();
      case "delete":
        return this.#delete();
      case "late write":
        return this.#lateWrite();
      case "look":
        return this.look();
      case "let events come":
        return new Promise((resolve) => setTimeout(resolve, 4));
      case "restart":
        return this.#restart(() => {});
      case "restart, compressed meanwhile":
        return this.#restart(() => this.#compress());
      default:
        return operation satisfies never;
    }
  }

  async look(): Promise<void> {
    await this.#follower.readNow();
    this.#isTorn = false;
    this.#isOpen = existsSync(this.#real);
    this.#hasAnchor ||= this.#isOpen;
    this.#isKnown = this.#linesHere > 0;
    this.#unread = [];
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    this.delivered.push(...this.#collector.lines);
  }

  #start(): FileFollower {
    const checkpoint = this.#collector.checkpoints.at(-1);
    this.#collector = new Collector();
    if (checkpoint) {
      this.#collector.checkpoint(checkpoint);
    }
    const follower = new FileFollower({ path: this.#log, checkpoint }, this.#collector);
    follower.start();
    return follower;
  }

  #write(count: number): void {
    const lines = Array.from(
      { length: count },
      () => `${String(this.#count++).padStart(7, "0")} failure from 192.0.2.1`,
    );
    // A half line that was there is completed and becomes the first one.
    const text = `${lines.join("\n")}\n`;
    if (this.#hasHalf) {
      this.#owe(`half ${lines[0]}`);
      this.#hasHalf = false;
      lines.shift();
    }
    for (const line of lines) {
      this.#owe(line);
    }
    appendFileSync(this.#real, text);
  }

  #half(): void {
    if (!this.#hasHalf) {
      appendFileSync(this.#real, "half ");
      this.#hasHalf = true;
    }
  }

  #owe(line: string): void {
    this.owed.add(line);
    this.#unread.push(line);
    this.#linesHere++;
  }

  /** Moves x.log.1 to x.log.2 and so on. */
  #shift(): void {
    const names = this.#rotatedNames();
    for (const [i, name] of [...names.entries()].toReversed()) {
      renameSync(name, `${this.#real}.${i + 2}${name.endsWith(".gz") ? ".gz" : ""}`);
    }
  }

  /** The youngest first. */
  #rotatedNames(): string[] {
    const names: string[] = [];
    let name = this.#rotatedName(1);
    while (name !== undefined) {
      names.push(name);
      name = this.#rotatedName(names.length + 1);
    }
    return names;
  }

  #rotatedName(number: number): string | undefined {
    const name = `${this.#real}.${number}`;
    return [name, `${name}.gz`].find((path) => existsSync(path));
  }

  /** All that is rotated, unless that would hide a file of which only the inode is known. */
  #compress(): void {
    const plain = this.#rotatedNames().filter((name) => !name.endsWith(".gz"));
    const isHiding = plain.some((name) => !readFileSync(name, "utf8").includes("\n"));
    if (isHiding || !this.#collector.checkpoints.at(-1)?.hash) {
      return;
    }
    for (const name of plain) {
      const { mtimeMs } = statSync(name);
      // Downwards: a compressed file has the time of its original, and must not seem younger.
      const time = Math.floor(mtimeMs) / 1000;
      writeFileSync(`${name}.gz`, gzipSync(readFileSync(name)));
      utimesSync(`${name}.gz`, time, time);
      unlinkSync(name);
    }
    this.#canWriteLate = false;
  }

  #rename(): void {
    if (!existsSync(this.#real)) {
      return;
    }
    this.#shift();
    renameSync(this.#real, `${this.#real}.1`);
    this.#canWriteLate = !this.#hasHalf;
    this.#endGeneration();
    this.#isOpen = false;
  }

  #copytruncate(): void {
    if (!existsSync(this.#real)) {
      return;
    }
    this.#shift();
    copyFileSync(this.#real, `${this.#real}.1`);
    truncateSync(this.#real);
    this.#canWriteLate = false;
    const isTraceable = this.#isKnown;
    this.#endGeneration();
    if (!isTraceable) {
      this.#forgive();
    }
  }

  #truncate(): void {
    if (existsSync(this.#real)) {
      truncateSync(this.#real);
      this.#forgive();
      this.#endGeneration();
    }
  }

  #delete(): void {
    if (!existsSync(this.#real)) {
      return;
    }
    unlinkSync(this.#real);
    if (!this.#isOpen || this.#isTorn) {
      this.#forgive();
    }
    this.#isTorn = true;
    this.#hasAnchor = false;
    this.#endGeneration();
    this.#isOpen = false;
  }

  #endGeneration(): void {
    if (this.#isTorn || !this.#hasAnchor) {
      this.#forgive();
    }
    this.#hasHalf = false;
    this.#linesHere = 0;
    this.#isKnown = false;
  }

  /** What has not been read for certain may be lost. */
  #forgive(): void {
    this.#isTorn = true;
    for (const line of this.#unread) {
      this.owed.delete(line);
    }
  }

  #lateWrite(): void {
    if (this.#canWriteLate) {
      const line = `${String(this.#count++).padStart(7, "0")} late`;
      this.late.add(line);
      appendFileSync(`${this.#real}.1`, `${line}\n`);
    }
  }

  async #restart(meanwhile: () => void): Promise<void> {
    await this.stop();
    meanwhile();
    const isOnlyCopyOpen = !existsSync(this.#real) || this.#isTorn;
    if (isOnlyCopyOpen || this.#collector.checkpoints.length === 0) {
      this.#forgive();
    }
    this.#isOpen = false;
    this.#hasAnchor &&= existsSync(this.#real);
    this.#follower = this.#start();
  }
}

async function run(operations: readonly Operation[], isLinked: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "warder-model-"));
  const world = new World(folder, isLinked);
  try {
    for (const operation of operations) {
      await world.do(operation);
    }
    await world.look();
    await world.stop();
    check(world);
  } finally {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function check(world: World): void {
  const seen = new Set(world.delivered);
  const missing = [...world.owed].filter((line) => !seen.has(line));
  const inOrder = world.delivered
    .filter((line) => !world.late.has(line))
    .map((line) => line.replace("half ", ""));
  const once = new Set<string>();
  const twice = world.delivered.filter((line) => once.size === once.add(line).size);
  expect({ missing, twice }).toEqual({ missing: [], twice: [] });
  expect(inOrder).toEqual([...inOrder].sort());
}

describe("a log written and rotated at will", () => {
  it("is read line by line, nothing missing, nothing twice, all in order", { timeout: 60_000 }, async () => {
    const operations = array(constantFrom(...OPERATIONS), { minLength: 3, maxLength: 40, size: "max" });
    await assert(asyncProperty(operations, boolean(), run), { numRuns: 250 });
  });
});
