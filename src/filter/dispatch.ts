import { compileNeedles, leastNeedles, type Needle } from "./candidates";

/** One needle, folded, and whom a text that contains it may concern. */
interface Lead {
  readonly folded: string;
  readonly concerns: readonly number[];
}

/**
 * Tells which of several searchers (regexes, filters) may find anything in a text, by one search for the needles of
 * all of them, however many they are. Those without needles are concerned by every text.
 */
export class Dispatch {
  readonly #finder: RegExp | undefined;
  readonly #leads = new Map<string, readonly number[]>();
  readonly #always: Uint8Array;
  readonly #marks: Uint8Array;

  constructor(searchers: readonly (readonly Needle[] | undefined)[]) {
    this.#always = Uint8Array.from(searchers, (needles) => (needles ? 0 : 1));
    this.#marks = new Uint8Array(searchers.length);
    const least = leastNeedles(searchers.flatMap((needles) => needles ?? []));
    const leads = least.map((needle) => leadOf(needle, searchers));
    for (const lead of leads) {
      this.#leads.set(lead.folded, concernsAt(lead, leads));
    }
    this.#finder = least.length > 0 ? compileNeedles(least) : undefined;
  }

  /** 1 for each searcher that has to look at the text, else 0; good until the next call. */
  select(text: string): Uint8Array {
    const marks = this.#marks;
    marks.set(this.#always);
    const finder = this.#finder;
    if (finder) {
      finder.lastIndex = 0;
      for (let hit = finder.exec(text); hit; hit = finder.exec(text)) {
        for (const index of this.#leads.get(hit[0].toLowerCase()) ?? []) {
          marks[index] = 1;
        }
        // Needles may overlap.
        finder.lastIndex = hit.index + 1;
      }
    }
    return marks;
  }
}

function leadOf(needle: Needle, searchers: readonly (readonly Needle[] | undefined)[]): Lead {
  const folded = needle.text.toLowerCase();
  const concerns = searchers.flatMap((needles, index) =>
    needles?.some(({ text }) => text.toLowerCase().includes(folded)) ? [index] : [],
  );
  return { folded, concerns };
}

/** Where one needle stands another one may begin as well, of which the finder then tells nothing. */
function concernsAt(lead: Lead, leads: readonly Lead[]): readonly number[] {
  const begun = leads.filter(
    ({ folded }) => folded.startsWith(lead.folded) || lead.folded.startsWith(folded),
  );
  return [...new Set(begun.flatMap(({ concerns }) => concerns))];
}
