import { JournalFollower, type JournalEvent, type JournalPlace } from "../source";
import { JOURNAL } from "./journal-backend";
import type { ReaderContext } from "./reader-context";
import type { ReaderJournal, SourceState } from "./reader-messages";
import type { ReadingJail } from "./reading-jail";
import { SourceMonitor } from "./source-health";

/** The journal as one jail reads it. */
export class JournalSource {
  readonly #jail: ReadingJail;
  readonly #context: ReaderContext;
  readonly #follower: JournalFollower;
  readonly #monitor: SourceMonitor;
  #lines = 0;
  #bytes = 0;
  #time = 0;
  #isFailing = false;

  constructor(jail: ReadingJail, journal: ReaderJournal, context: ReaderContext) {
    this.#jail = jail;
    this.#context = context;
    this.#monitor = new SourceMonitor(`[${jail.name}] ${JOURNAL}`, jail, context);
    this.#follower = this.#makeFollower(journal);
    this.#follower.start();
  }

  async stop(): Promise<void> {
    this.#monitor.stop();
    await this.#follower.stop();
  }

  inspect(): SourceState {
    const state = this.#isFailing ? "waiting" : "following";
    const jail = this.#jail.name;
    const health = this.#monitor.inspect(jail, { bytesRead: this.#bytes, behind: 0, delay: 0 });
    return { jail, path: JOURNAL, state, lines: this.#lines, position: this.#time, health };
  }

  #makeFollower({ matches, options, resume }: ReaderJournal): JournalFollower {
    const { clock, post, outbox, sayWorking } = this.#context;
    const jail = this.#jail;
    return new JournalFollower(
      {
        place: readPlace(options),
        matches,
        from: clock.now() - jail.config.findtime,
        clock,
        ...(resume ? { checkpoint: { time: resume.position, date: resume.hash } } : {}),
      },
      {
        entries: (entries, phase) => {
          sayWorking();
          this.#isFailing = false;
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
        checkpoint: ({ time, date }) => {
          this.#time = time;
          post({ type: "position", jails: jail.names, path: JOURNAL, at: { hash: date, position: time } });
        },
        event: (event) => this.#report(event),
      },
    );
  }

  #sayInOperation(): void {
    const jail = this.#jail.name;
    const message = `[${jail}] Jail is in operation now (process new journal entries)`;
    this.#context.post({ type: "log", level: "INFO", logger: "filtersystemd", message });
    this.#context.post({ type: "caught-up", jails: [jail], path: JOURNAL });
  }

  #report(event: JournalEvent): void {
    const say = (level: "ERROR" | "WARNING", text: string): void =>
      this.#context.post({
        type: "log",
        level,
        logger: "filtersystemd",
        message: `[${this.#jail.name}] ${text}`,
      });
    if (event.type === "error") {
      this.#isFailing = true;
      say("ERROR", event.error.message);
    } else {
      say("WARNING", `${event.entries} journal entries could not be read`);
    }
  }
}

/**
 * DIFFERS: `rotated` is not looked at. With `rotated=false` fail2ban opens active journal files only and misses what is
 * in a file rotated away since; journalctl reads all of them and starts at the right place without reading the old ones.
 */
function readPlace(options: Readonly<Record<string, string>>): JournalPlace {
  const { journalpath, journalfiles, journalflags, namespace } = options;
  return {
    ...(journalpath === undefined ? {} : { journalpath }),
    ...(journalfiles === undefined ? {} : { journalfiles }),
    ...(journalflags === undefined ? {} : { journalflags: Number(journalflags) }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
