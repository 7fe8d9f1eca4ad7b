import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { messageOf } from "../model";
import { parseJournalEntry, type JournalEntry } from "./journal-entry";

/** How a run of journalctl ended. */
export interface JournalEnd {
  /** Why it failed: an errno code such as `ENOENT`, or what it said; `undefined` when all went well. */
  readonly failure: string | undefined;
}

/** Takes entries; while its promise is open nothing more is read. Entries that could not be read are counted only. */
export type EntryTaker = (entries: readonly JournalEntry[], unreadable: number) => void | Promise<void>;

/** A running journalctl. */
export interface JournalRun {
  /** Settles, and never rejects, when it has ended and its last entries have been taken. */
  readonly ended: Promise<JournalEnd>;
  stop(): void;
}

/** Characters of the longest entry that is read; what is longer is skipped. */
const LONGEST_ENTRY = 4 << 20;
const LONGEST_COMPLAINT = 2000;

/** Runs journalctl (or the given command) and hands its entries over in the batches in which they come. */
export function runJournal(command: string, args: readonly string[], take: EntryTaker): JournalRun {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", SYSTEMD_COLORS: "0" },
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, LONGEST_COMPLAINT);
  });
  const exit = new Promise<string | undefined>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.on("close", (code, signal) =>
      resolve(code === 0 ? undefined : complaint.trim() || `ended with ${code ?? signal}`),
    );
  });
  return { ended: endOf(exit, readEntries(child.stdout, take)), stop: () => void child.kill("SIGTERM") };
}

async function endOf(
  exit: Promise<string | undefined>,
  reading: Promise<string | undefined>,
): Promise<JournalEnd> {
  const [failure, broken] = await Promise.all([exit, reading]);
  return { failure: failure ?? broken };
}

/** Gives why reading broke off, if it did. */
async function readEntries(stdout: Readable, take: EntryTaker): Promise<string | undefined> {
  const lines = new LineCutter();
  try {
    for await (const chunk of stdout.setEncoding("utf8")) {
      const parsed = lines.push(chunk as string).map((line) => parseJournalEntry(line));
      const entries = parsed.filter((entry) => entry !== undefined);
      await take(entries, parsed.length - entries.length);
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Cuts text that comes in pieces into lines; those above the limit come out empty. */
class LineCutter {
  #rest = "";
  #isTooLong = false;

  push(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#isTooLong && lines.length > 0) {
      this.#isTooLong = false;
      lines[0] = "";
    }
    if (this.#rest.length > LONGEST_ENTRY) {
      this.#rest = "";
      this.#isTooLong = true;
    }
    return lines;
  }
}
