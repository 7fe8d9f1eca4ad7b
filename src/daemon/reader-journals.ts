import { SharedJournal, type JournalEvent, type JournalPlace } from "../source";
import { JournalSource } from "./journal-source";
import type { ReaderContext } from "./reader-context";
import type { ReaderJournal, SourceState } from "./reader-messages";
import type { ReadingJail } from "./reading-jail";

/** The journals of a reader: jails whose journals are the same share one. */
export class ReaderJournals {
  readonly #context: ReaderContext;
  readonly #shared = new Map<string, SharedJournal>();
  readonly #sources = new Map<ReadingJail, JournalSource>();

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  open(jail: ReadingJail, journal: ReaderJournal): void {
    const shared = this.#share(readPlace(journal.options));
    this.#sources.set(jail, new JournalSource(jail, journal, this.#context, shared));
  }

  /** The filter of the jail has changed. */
  refresh(jail: ReadingJail): void {
    this.#sources.get(jail)?.refresh();
  }

  async close(jail: ReadingJail): Promise<void> {
    const source = this.#sources.get(jail);
    this.#sources.delete(jail);
    await source?.stop();
  }

  inspect(): readonly SourceState[] {
    return Array.from(this.#sources.values(), (source) => source.inspect());
  }

  #share(place: JournalPlace): SharedJournal {
    const key = JSON.stringify(place);
    const known = this.#shared.get(key);
    if (known && !known.isEmpty) {
      return known;
    }
    const { clock } = this.#context;
    const report = (event: JournalEvent, names: readonly string[]): void => this.#report(event, names);
    const shared = new SharedJournal({ place, clock, report });
    this.#shared.set(key, shared);
    return shared;
  }

  #report(event: JournalEvent, names: readonly string[]): void {
    const text =
      event.type === "error" ? event.error.message : `${event.entries} journal entries could not be read`;
    this.#context.post({
      type: "log",
      level: event.type === "error" ? "ERROR" : "WARNING",
      logger: "filtersystemd",
      message: `[${names.join(", ")}] ${text}`,
    });
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
