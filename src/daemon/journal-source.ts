import type { JournalCheckpoint, JournalSubscription, SharedJournal } from "../source";
import { JOURNAL } from "./journal-backend";
import type { ReaderContext } from "./reader-context";
import type { LogPosition, ReaderJournal, SourceState } from "./reader-messages";
import type { ReadingJail } from "./reading-jail";
import { SourceMonitor } from "./source-health";

/** The journal as one jail reads it. */
export class JournalSource {
  readonly shared: SharedJournal;
  readonly #jail: ReadingJail;
  readonly #context: ReaderContext;
  readonly #subscription: JournalSubscription;
  readonly #monitor: SourceMonitor;
  #lines = 0;
  #bytes = 0;
  #time = 0;

  constructor(jail: ReadingJail, journal: ReaderJournal, context: ReaderContext, shared: SharedJournal) {
    this.shared = shared;
    this.#jail = jail;
    this.#context = context;
    this.#monitor = new SourceMonitor(`[${jail.name}] ${JOURNAL}`, jail, context);
    this.#subscription = this.#join(journal);
  }

  async stop(): Promise<void> {
    this.#monitor.stop();
    await this.#subscription.stop();
  }

  /** The filter of the jail has changed. */
  refresh(): void {
    this.#subscription.want(this.#jail.journalFields);
  }

  inspect(): SourceState {
    const state = this.#subscription.isFailing ? "waiting" : "following";
    const jail = this.#jail.name;
    const health = this.#monitor.inspect(jail, { bytesRead: this.#bytes, behind: 0, delay: 0 });
    return { jail, path: JOURNAL, state, lines: this.#lines, position: this.#time, health };
  }

  #join({ matches, resume }: ReaderJournal): JournalSubscription {
    const { clock, post, outbox, sayWorking } = this.#context;
    const jail = this.#jail;
    const checkpoint = resume ? { checkpoint: readPosition(resume) } : {};
    const from = clock.now() - jail.config.findtime;
    return this.shared.join(
      { name: jail.name, matches, fields: jail.journalFields, from, ...checkpoint },
      {
        entries: (entries, phase) => {
          sayWorking();
          this.#lines += entries.length;
          for (const entry of entries) {
            this.#bytes += entry.text.length;
            this.#monitor.addMatches(jail.name, jail.takeEntry(entry, phase));
          }
          jail.send();
          this.#monitor.takeEntries(entries, phase);
          return outbox.room();
        },
        caughtUp: () => this.#sayInOperation(),
        checkpoint: (reached) => {
          this.#time = reached.time;
          post({ type: "position", jails: jail.names, path: JOURNAL, at: toPosition(reached) });
        },
      },
    );
  }

  #sayInOperation(): void {
    const jail = this.#jail.name;
    const message = `[${jail}] Jail is in operation now (process new journal entries)`;
    this.#context.post({ type: "log", level: "INFO", logger: "filtersystemd", message });
    this.#context.post({ type: "caught-up", jails: [jail], path: JOURNAL });
  }
}

/**
 * fail2ban keeps the time of the last entry as a text and as a number, and looks at the number only; so the text has
 * room for the place in the journal.
 */
function toPosition({ time, date, cursor = "" }: JournalCheckpoint): LogPosition {
  return { hash: date + cursor, position: time };
}

function readPosition({ hash, position }: LogPosition): JournalCheckpoint {
  const cut = hash.indexOf(" ") + 1;
  const cursor = hash.slice(cut);
  return cut > 0 && cursor !== ""
    ? { time: position, date: hash.slice(0, cut), cursor }
    : { time: position, date: hash };
}
