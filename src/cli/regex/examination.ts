import type { CompiledFilter, FeedOptions, Hit, JailFilter, ToldLines } from "../../filter";
import type { Block, Entry } from "../../model";
import { formatMatch } from "../../model";
import type { Finding } from "./finding";
import { formatLocalTime } from "./local-time";
import { LineList, RegexStatistic } from "./statistics";

/** What an examination needs and where it tells what it finds. */
export interface ExaminationNeeds {
  readonly filter: JailFilter;
  readonly prefix: RegexStatistic | undefined;
  readonly feed: FeedOptions;
  /** How many lines of each kind are kept, and how many details of each regex. */
  readonly keep: {
    readonly matched: number;
    readonly ignored: number;
    readonly missed: number;
    readonly details: number;
  };
  /** Addresses of a host name. */
  resolve(host: string): Promise<readonly string[]>;
  /** Hears of each line in place of counting it. */
  readonly out?: (line: string, findings: readonly Finding[], ignored: boolean) => Promise<void> | undefined;
}

const NO_DETAIL = (): string => "";

/** Feeds lines to a filter and counts what comes of them. */
export class Examination {
  readonly failregex: readonly RegexStatistic[];
  readonly ignoreregex: readonly RegexStatistic[];
  readonly prefix: RegexStatistic | undefined;
  readonly matched: LineList;
  readonly ignored: LineList;
  readonly missed: LineList;
  readonly #needs: ExaminationNeeds;
  lines = 0;
  /** Where to go on in the block at hand. */
  next = 0;

  constructor(needs: ExaminationNeeds) {
    const { keep, filter } = needs;
    this.#needs = needs;
    this.prefix = needs.prefix;
    const { compiled } = filter;
    this.failregex = statisticsOf(compiled.failregex, keep.details);
    this.ignoreregex = statisticsOf(compiled.ignoreregex, 0);
    this.matched = new LineList(keep.matched);
    this.ignored = new LineList(keep.ignored);
    this.missed = new LineList(keep.missed);
  }

  /** Names of the fields of a journal entry that the filter asks for. */
  get fieldNames(): readonly string[] {
    return this.#needs.filter.compiled.fieldNames;
  }

  /**
   * Takes lines of a block from `start` on; where to go on is then in `next`. A promise comes back only where something
   * has to be waited for.
   */
  takeNext(block: Block, start: number): Promise<void> | undefined {
    const { filter, feed } = this.#needs;
    const advance = filter.advance(block, start, this.#toldLines(), feed);
    this.next = advance.next;
    this.lines += advance.passed;
    this.missed.count += advance.passed;
    if (advance.counted > 0) {
      this.lines += advance.counted;
      this.matched.count += advance.counted;
      this.failregex.forEach((regex, i) => {
        regex.total += advance.counts[i] ?? 0;
      });
    }
    return advance.hits && this.#take(advance.hits, block, advance);
  }

  /** Lines that are neither kept nor printed are only counted. */
  #toldLines(): ToldLines {
    if (this.#needs.out || !this.missed.isFull) {
      return "all";
    }
    return this.#needs.feed.isBare && this.matched.isFull ? "few" : "hits";
  }

  #take(
    hits: readonly Hit[],
    block: Block,
    line: { readonly start: number; readonly end: number },
  ): Promise<void> | undefined {
    if (hits.length === 0 && this.missed.isFull && !this.#needs.out) {
      this.lines++;
      this.missed.count++;
      return undefined;
    }
    const [hit] = hits;
    if (hit && hits.length === 1 && this.#needs.feed.isBare && hit.identity?.host === undefined) {
      this.#count(hit, block, line);
      return undefined;
    }
    return this.#judge(block.decode(line.start, line.end), hits);
  }

  /** The same as for any line, where nothing but counts is asked for. */
  #count(hit: Hit, block: Block, { start, end }: { readonly start: number; readonly end: number }): void {
    const { kind, failregex = -1, ignoreregex = -1 } = hit;
    const isIgnored = kind === "ignored" || isQuiet(hit);
    const isMatch = kind === "failure" || kind === "pending";
    if (isMatch || kind === "quiet") {
      this.failregex[failregex]?.count(NO_DETAIL);
    }
    this.ignoreregex[ignoreregex]?.count(NO_DETAIL);
    this.lines++;
    const list = isIgnored ? this.ignored : isMatch ? this.matched : this.missed;
    if (list.isFull) {
      list.count++;
    } else {
      list.add(block.decode(start, end));
    }
  }

  /** Takes an entry of the journal. */
  takeEntry(entry: Entry): Promise<void> | undefined {
    return this.#judge(entry.date + entry.text, this.#needs.filter.feedEntry(entry, this.#needs.feed));
  }

  #judge(line: string, hits: readonly Hit[]): Promise<void> | undefined {
    if (hits.some((hit) => hit.kind === "failure" && hit.identity?.host !== undefined)) {
      return Promise.all(hits.map((hit) => this.#resolve(hit))).then((found) =>
        this.#conclude(line, hits, found.flat()),
      );
    }
    return this.#conclude(line, hits, hits.flatMap(findingsOf));
  }

  async #resolve(hit: Hit): Promise<readonly Finding[]> {
    const host = hit.identity?.host;
    if (host === undefined || hit.kind !== "failure") {
      return findingsOf(hit);
    }
    const addresses = await this.#needs.resolve(host);
    return addresses.map((id) => ({ hit, id, ip: id }));
  }

  #conclude(line: string, hits: readonly Hit[], findings: readonly Finding[]): Promise<void> | undefined {
    const failures = findings.filter(({ hit }) => !isQuiet(hit));
    const isIgnored = hits.some((hit) => hit.kind === "ignored" || isQuiet(hit));
    const { out } = this.#needs;
    if (out) {
      return out(line, failures, isIgnored);
    }
    this.#countRegexes(hits, findings);
    this.#countEarlier(line, hits);
    this.lines++;
    (isIgnored ? this.ignored : failures.length > 0 ? this.matched : this.missed).add(line);
    return undefined;
  }

  #countRegexes(hits: readonly Hit[], findings: readonly Finding[]): void {
    for (const { ignoreregex } of hits) {
      this.ignoreregex[ignoreregex ?? -1]?.count(() => "");
    }
    findings.forEach(({ hit, id }, i) => {
      this.failregex[hit.failregex ?? -1]?.count(() => {
        const time = formatLocalTime(hit.time ?? this.#needs.feed.clock.now);
        return `${id ?? "None"}  ${time}${i > 1 ? " (multiple regex matched)" : ""}`;
      });
    });
  }

  /** A match over several lines: those before the last were counted as missed when they came. */
  #countEarlier(line: string, hits: readonly Hit[]): void {
    if (this.#needs.filter.compiled.maxlines <= 1) {
      return;
    }
    const taken = hits.flatMap((hit) => hit.matches.map(formatMatch));
    const own = taken.lastIndexOf(line);
    taken
      .filter((_, i) => i !== own)
      .forEach((earlier) => {
        this.missed.remove(earlier);
        this.matched.add(earlier);
      });
  }
}

/** Outside of sessions as well this tool takes `<F-NOFAIL>` at its word, which a jail does not. */
function isQuiet(hit: Hit): boolean {
  return hit.kind === "quiet" || (hit.groups.get("nofail") ?? "") !== "";
}

function findingsOf(hit: Hit): readonly Finding[] {
  if (hit.kind === "failure") {
    const id = hit.identity?.id ?? "";
    return [{ hit, id, ip: hit.identity?.ip ?? id }];
  }
  if (hit.kind === "pending") {
    return [{ hit, id: undefined, ip: undefined }];
  }
  return hit.kind === "quiet" ? [{ hit, id: hit.identity?.id, ip: undefined }] : [];
}

function statisticsOf(regexes: CompiledFilter["failregex"], details: number): RegexStatistic[] {
  return regexes.map((regex) => new RegexStatistic(regex.source.text, regex.pattern, details));
}
