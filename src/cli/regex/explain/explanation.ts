import type { CompiledRegex, JailFilter } from "../../../filter";
import type { Finding } from "../finding";
import { placesOf, viewLine, type LineView, type Place } from "./line-view";
import { NearMissFinder, type NearMiss } from "./near-miss";

/** What one failure of a line is. */
export interface FoundReport {
  /** Number of the failregex, from 1. */
  readonly failregex: number;
  readonly id: string | undefined;
  /** Seconds since 1970. */
  readonly time: number | undefined;
  readonly groups: Readonly<Record<string, unknown>>;
  readonly weight?: number;
  readonly bantime?: number;
  readonly places: readonly Place[];
}

/** Which regex came closest to a line that none matches. `stop` is the place in the line. */
export interface NearestReport extends NearMiss {
  readonly regex: "prefregex" | "failregex";
  /** Number of the failregex, from 1. */
  readonly failregex?: number;
}

/** What became of a line. */
export interface LineReport {
  readonly line: string;
  readonly result: "matched" | "ignored" | "missed";
  readonly found: readonly FoundReport[];
  readonly nearest?: NearestReport;
}

/** Says of each line what a filter sees in it. */
export class Explainer {
  readonly #filter: JailFilter;
  readonly #now: number;
  readonly #finders = new Map<CompiledRegex, NearMissFinder>();

  /** `now` in seconds since 1970. */
  constructor(filter: JailFilter, now: number) {
    this.#filter = filter;
    this.#now = now;
  }

  /** What the findings of a line are, or for a line without any why, unless that is not wanted. */
  explain(line: string, findings: readonly Finding[], ignored: boolean, why: boolean): LineReport {
    const found = findings.filter(({ hit }) => hit.kind === "failure" || hit.kind === "pending");
    if (ignored || found.length > 0) {
      const view = viewLine(line, this.#filter, this.#now);
      const reports = found.map((finding) => this.#describe(finding, view));
      return { line, result: ignored ? "ignored" : "matched", found: reports };
    }
    const nearest = why ? this.#findNearest(viewLine(line, this.#filter, this.#now)) : undefined;
    return { line, result: "missed", found: [], ...(nearest && { nearest }) };
  }

  #describe({ hit, id }: Finding, view: LineView): FoundReport {
    const { failregex, maxlines } = this.#filter.compiled;
    const index = hit.failregex ?? -1;
    const regex = failregex[index];
    // A match over several lines has no place in this one.
    const own = regex && maxlines === 1 ? placesOf(regex.matcher, view.text, view.toLine) : [];
    return {
      failregex: index + 1,
      id,
      time: hit.time,
      groups: Object.fromEntries(
        [...hit.groups].map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
      ),
      ...hit.worth,
      places: maxlines === 1 ? [...(view.prefix ?? []), ...own] : [],
    };
  }

  #findNearest(view: LineView): NearestReport | undefined {
    const { prefregex, failregex, maxlines } = this.#filter.compiled;
    if (maxlines > 1) {
      return undefined;
    }
    if (prefregex && !view.prefix) {
      const miss = this.#finderOf(prefregex).find(view);
      return miss && { ...inLine(miss, view), regex: "prefregex" };
    }
    let best: NearestReport | undefined;
    failregex.forEach((regex, index) => {
      const miss = this.#finderOf(regex).find(view);
      if (miss && miss.progress > (best?.progress ?? 0)) {
        best = { ...inLine(miss, view), regex: "failregex", failregex: index + 1 };
      }
    });
    return best;
  }

  #finderOf(regex: CompiledRegex): NearMissFinder {
    const known =
      this.#finders.get(regex) ?? new NearMissFinder(regex, this.#filter.compiled.hosts !== "ignore");
    this.#finders.set(regex, known);
    return known;
  }
}

function inLine({ stop, ...miss }: NearMiss, view: LineView): NearMiss {
  return stop === undefined ? miss : { ...miss, stop: view.toLine(stop) };
}
