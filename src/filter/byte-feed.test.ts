import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockScanner } from "./block-scanner";
import type { ClockContext, TimeNotice } from "./clock-rules";
import { feedAt, makeFilter, makeTestBlock, plainHit, type FilterParts } from "./filter.testing";
import type { Hit } from "./hit-maker";
import type { JailFilter } from "./jail-filter";

const FILTERS: readonly FilterParts[] = [
  {
    prefregex: "^\\s*<F-MLFID>host app\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$",
    failregex: [
      "^bad <F-USER>.*</F-USER> from <HOST>(?: port \\d+)?$",
      "^bad <F-USER>\\S+</F-USER>",
      "^<F-NOFAIL>open</F-NOFAIL> <HOST>$",
      "^<F-MLFFORGET>close</F-MLFFORGET>(?: <F-ALT_USER>\\w+</F-ALT_USER>)? <HOST>$",
      "^<F-MLFGAINED>welcome</F-MLFGAINED> <F-USER>\\w+</F-USER>",
    ],
    ignoreregex: ["friend"],
  },
  {
    failregex: [
      "^\\[\\] (?:x+|y)* ?bad <F-USER>\\S*</F-USER> from <ADDR>",
      "from <HOST>$",
      "<F-ID>id\\d</F-ID>",
    ],
  },
  { failregex: ['^<HOST> \\S+ \\[\\] "[^"]*" 404'], datepattern: "^[^\\[]*\\[({DATE})" },
  {
    failregex: [
      "<F-MLFID>app\\[\\d\\]</F-MLFID>: bad <F-USER>\\S*</F-USER> (?:from |b )<F-TUPLE_USER>\\S+</F-TUPLE_USER>",
      "<F-MLFID>app\\[\\d\\]</F-MLFID>: (?:open|close) <F-ALT_USER_1>\\w*</F-ALT_USER_1> ?<F-ALT_USER>\\w*</F-ALT_USER> ?<HOST>",
    ],
  },
  { failregex: ["bad (?P<user>a+)+! from <HOST>"], ignoreregex: ["x$"] },
];

const date = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 130 }).map((s) => iso(s)) },
  fc.constantFrom(
    "2026-02-30 12:00:00Z",
    "2026-01-01 11:59:60Z",
    "Jan  1 12:00:00",
    "2020-01-01 00:00:00Z",
    "1767268800",
  ),
);
const head = fc.constantFrom("", "", "", "[", "192.0.2.7 - [", "host.example.com u [", "#", " ");
const tail = fc.constantFrom(
  " host app[1]: bad bob from 192.0.2.1",
  " host app[1]: bad al from b from 192.0.2.1 port 22",
  " host app[2]: bad from host.example.com",
  " host app[1]: open 2001:db8::1",
  " host app[2]: close carl 192.0.2.3",
  " host app[1]: close 192.0.2.3",
  " host app[2]: welcome dora",
  " host app[1]: a friend bad x from 192.0.2.1",
  " host app[3]: something else",
  '] "GET / HTTP/1.1" 404 1',
  '] "GET /é" 404 1',
  "] xxy bad eve from 192.0.2.4",
  "] yx id7 from 192.0.2.4",
  " bad aaaa! from 192.0.2.5 x",
  ` bad ${"a".repeat(40)} from 192.0.2.5`,
  ` host app[4]: bad ${"a".repeat(300)} from 192.0.2.5`,
  ` host app[5]: bad ${"b".repeat(1234)} from 192.0.2.05`,
  "\r",
  "",
);
const line = fc
  .tuple(head, fc.oneof({ weight: 8, arbitrary: date }, fc.constant("")), tail, fc.string({ maxLength: 3 }))
  .map((parts) => parts.join("").replaceAll("\n", " "));
const joinLines = (lines: readonly string[]): string => lines.map((one) => `${one}\n`).join("");
const log = fc.array(line, { maxLength: 12 }).map(joinLines);
/** Most lines of it have a date as the one before. */
const steadyLog = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.tuple(fc.integer({ min: 0, max: 9 }), tail).map(([s, end]) => iso(s) + end),
      },
      line,
    ),
    { maxLength: 30 },
  )
  .map(joinLines);

const PLAIN: ClockContext = { ...feedAt().clock, checkTimes: false };
const TIMED: ClockContext = { ...feedAt().clock, checkTimes: true, findtime: 600 };
const CLOCKS: readonly ClockContext[] = [
  PLAIN,
  { ...TIMED, phase: "operation" },
  { ...TIMED, phase: "initial" },
];

function iso(second: number): string {
  const { now } = feedAt().clock;
  return `${new Date((now - 90 + second) * 1000).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

interface Report {
  readonly hits: readonly unknown[];
  readonly notices: readonly unknown[];
  readonly dates: readonly unknown[];
}

/** Feeds every line of a text; what the filter said, and how often which date format was found. */
function run(
  parts: FilterParts,
  clock: ClockContext,
  feed: (filter: JailFilter, options: Feed) => readonly Hit[],
): Report {
  const filter = makeFilter(parts);
  const notices: unknown[] = [];
  const notice = (what: TimeNotice, text: string): void => void notices.push([what, text]);
  const hits = feed(filter, { clock, notice, checkAll: !clock.checkTimes });
  return {
    hits: hits.map(plainHit),
    notices,
    dates: filter.detector.templates,
  };
}

type Feed = Parameters<JailFilter["feedLine"]>[1];

function* linesOf(text: string): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    yield [start, text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline];
    start = newline + 1;
  }
}

function feedBytes(text: string, isBare: boolean): (filter: JailFilter, options: Feed) => readonly Hit[] {
  return (filter, options) => {
    const block = makeTestBlock(text);
    return [...linesOf(block.text)]
      .filter(([start]) => !(isPlain(options) && block.text.startsWith("#", start)))
      .flatMap(([start, end]) => filter.feedBytes(block, start, end, { ...options, isBare }));
  };
}

function feedLines(text: string): (filter: JailFilter, options: Feed) => readonly Hit[] {
  return (filter, options) => {
    const block = makeTestBlock(text);
    return [...linesOf(block.text)]
      .map(([start, end]) => block.decode(start, end))
      .filter((one) => !(isPlain(options) && one.startsWith("#")))
      .flatMap((one) => filter.feedLine(one, options));
  };
}

/** Feeds a whole block to a filter that is alone. */
function scanAlone(text: string): (filter: JailFilter, options: Feed) => readonly Hit[] {
  return (filter, options) => {
    const hits: Hit[] = [];
    const watcher = {
      filter,
      options: () => options,
      hits: (some: readonly Hit[]) => void hits.push(...some),
    };
    new BlockScanner([watcher]).scan(makeTestBlock(text));
    return hits;
  };
}

/** Who takes dates as they are passes over comments. */
function isPlain({ clock }: Feed): boolean {
  return !clock.checkTimes;
}

describe("reading lines as bytes", () => {
  it("finds and counts exactly what reading them as texts does", () => {
    let found = 0;
    fc.assert(
      fc.property(log, fc.constantFrom(...FILTERS), fc.constantFrom(...CLOCKS), (text, parts, clock) => {
        const expected = run(parts, clock, feedLines(text));
        found += expected.hits.length;
        expect(run(parts, clock, feedBytes(text, false))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it("finds the same when it runs over whole blocks", () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.oneof(log, steadyLog),
        fc.constantFrom(...FILTERS),
        fc.constantFrom(...CLOCKS.slice(1)),
        (text, parts, clock) => {
          const { hits } = run(parts, clock, feedLines(text));
          found += hits.length;
          expect(run(parts, clock, scanAlone(text)).hits).toEqual(hits);
        },
      ),
      { numRuns: 600 },
    );
    expect(found).toBeGreaterThan(300);
  });

  it("names the same offenders, however their addresses are written", () => {
    const octet = fc.oneof(
      fc.nat({ max: 300 }).map(String),
      fc.constantFrom("0", "00", "01", "010", "255", "256"),
    );
    const dotted = fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
    const address = fc.oneof(
      dotted,
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((one) => `::ffff:${one}`),
    );
    let found = 0;
    fc.assert(
      fc.property(fc.array(address, { maxLength: 20 }), fc.constantFrom(0, 1), (addresses, which) => {
        const lines = addresses.map((one) => `${iso(80)} host app[1]: bad x from ${one}`);
        const text = joinLines(which === 0 ? lines : lines.map((one) => one.replace("1]: bad", "] bad")));
        const expected = run(FILTERS[which]!, TIMED, feedLines(text)).hits;
        found += expected.length;
        expect(run(FILTERS[which]!, TIMED, scanAlone(text)).hits).toEqual(expected);
      }),
    );
    expect(found).toBeGreaterThan(100);
  });

  it("finds the same in blocks with more than there is room for at once", () => {
    const users = Array.from({ length: 3000 }, (_, i) => `${i}-${"u".repeat((i * 37) % 700)}`);
    const lines = users.map(
      (user, i) => `${iso(i % 7)} host app[${i % 150}]: bad ${user} from 192.0.2.${i % 256}`,
    );
    const [parts] = FILTERS;
    const text = joinLines(lines);
    const [, clock] = CLOCKS;
    const { hits } = run(parts!, clock!, feedLines(text));
    expect(run(parts!, clock!, scanAlone(text)).hits).toEqual(hits);
    expect(hits.length).toBeGreaterThan(2500);
  });

  it("tells the same kinds of hits when it is asked for no more", () => {
    const kinds = ({ hits }: Report): readonly unknown[] =>
      hits.map((hit) => {
        const { kind, failregex, ignoreregex, identity } = hit as Hit;
        return [kind, failregex, ignoreregex, identity && identity.host];
      });
    fc.assert(
      fc.property(log, fc.constantFrom(...FILTERS), (text, parts) => {
        expect(kinds(run(parts, PLAIN, feedBytes(text, true)))).toEqual(
          kinds(run(parts, PLAIN, feedLines(text))),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("counts the same when it runs over many lines at once", () => {
    let counted = 0;
    fc.assert(
      fc.property(steadyLog, fc.constantFrom(...FILTERS), (text, parts) => {
        const prefixes = {
          matches: 0,
          listener: { count: (times: number) => void (prefixes.matches += times) },
        };
        const filter = makeFilter(parts, prefixes.listener);
        const block = makeTestBlock(text);
        const options = { clock: PLAIN, checkAll: true, isBare: true };
        const tally = new Tally();
        for (let start = 0; start < block.length; ) {
          const advance = filter.advance(block, start, "few", options);
          counted += advance.counted;
          tally.missed += advance.passed;
          tally.matched += advance.counted;
          advance.counts.forEach((count, index) => tally.add(index, count));
          if (advance.start >= 0) {
            tally.take(advance.hits ?? []);
          }
          start = advance.next;
        }
        expect(tally.all(filter, prefixes.matches)).toEqual(tallyLines(text, parts));
      }),
      { numRuns: 400 },
    );
    expect(counted).toBeGreaterThan(50);
  });
});

/** The counts of the same lines, each read as a text. */
function tallyLines(text: string, parts: FilterParts): unknown {
  let matches = 0;
  const filter = makeFilter(parts, { count: (times) => void (matches += times) });
  const block = makeTestBlock(text);
  const tally = new Tally();
  for (const [start, end] of linesOf(block.text)) {
    const line = block.decode(start, end).replace(/\r+$/, "");
    if (line !== "" && !line.startsWith("#")) {
      tally.take(filter.feedLine(line, { clock: PLAIN, checkAll: true }));
    }
  }
  return tally.all(filter, matches);
}

/** Lines in which nothing was found, other lines with failures only, all other lines, hits of each failregex. */
class Tally {
  missed = 0;
  matched = 0;
  others = 0;
  readonly #hits = new Map<number, number>();

  add(index: number, count: number): void {
    if (count > 0) {
      this.#hits.set(index, (this.#hits.get(index) ?? 0) + count);
    }
  }

  take(hits: readonly Hit[]): void {
    this.missed += hits.length === 0 ? 1 : 0;
    const isMatched = hits.length > 0 && hits.every(({ kind }) => kind === "failure");
    this.matched += isMatched ? 1 : 0;
    this.others += hits.length > 0 && !isMatched ? 1 : 0;
    hits.forEach(({ failregex = -1 }) => this.add(failregex, 1));
  }

  all(filter: JailFilter, prefixes: number): unknown {
    const hits = [...this.#hits].sort(([left], [right]) => left - right);
    const { missed, matched, others } = this;
    return { missed, matched, others, hits, prefixes, dates: filter.detector.templates };
  }
}
