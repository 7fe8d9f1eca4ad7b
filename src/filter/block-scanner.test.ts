import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockScanner, type Watcher } from "./block-scanner";
import type { Failure } from "../model";
import { feedAt, makeFilter, makeTestBlock, plainHit, type FilterParts } from "./filter.testing";
import { failureOf, type Hit } from "./hit-maker";
import type { JailFilter } from "./jail-filter";

/** What the quick way finds, filter by filter. */
function scan(filters: readonly FilterParts[], text: string): readonly unknown[][] {
  const found: Hit[][] = filters.map(() => []);
  const watchers = filters.map((parts, i) => ({
    filter: makeFilter(parts),
    options: () => feedAt(),
    hits: (hits: readonly Hit[]) => void found[i]!.push(...hits),
  }));
  new BlockScanner(watchers).scan(makeTestBlock(text));
  return found.map((hits) => hits.map(plain));
}

/** What the plain way finds: every line to every filter. */
function feedAll(filters: readonly FilterParts[], text: string): readonly unknown[][] {
  return filters.map((parts) => {
    const filter = makeFilter(parts);
    const lines = new TextDecoder().decode(Buffer.from(text, "utf8")).split("\n").slice(0, -1);
    return lines.flatMap((line) => filter.feedLine(line.replace(/\r$/, ""), feedAt())).map(plain);
  });
}

function plain(hit: Hit): unknown {
  return { ...plainHit(hit), failure: plainFailure(failureOf(hit)) };
}

function plainFailure(failure: Failure | undefined): unknown {
  if (!failure) {
    return undefined;
  }
  const { time, id, ip, host, groups, matches, count, weight, bantime } = failure;
  return { time, id, ip, host, groups: [...groups], matches, count, weight, bantime };
}

const FILTERS: readonly FilterParts[] = [
  { failregex: ["^ app: failure from <HOST>(?: user <F-USER>.*</F-USER>)?$", "(?i)refused <ADDR>"] },
  { failregex: ["^\\[\\] \\[error\\] bad <ADDR>"], ignoreregex: ["friend"] },
  { prefregex: "^<F-CONTENT>.*denied.*</F-CONTENT>", failregex: ["<ADDR>", "^ user (?:root|admin) <ADDR>"] },
  {
    failregex: [
      "^\\s*<F-MLFID>app\\d</F-MLFID> <F-NOFAIL>connect</F-NOFAIL> <ADDR>",
      "^\\s*<F-MLFID>app\\d</F-MLFID> failure",
    ],
  },
  { failregex: ["^x+(?: a)? <ADDR>$"] },
  { failregex: ["(?i)^ task: kill <ADDR>", "ab <ADDR>"], ignoreregex: ["friend"] },
  { failregex: ["begin <ADDR>$<SKIPLINES>^.*end$"], maxlines: 3 },
  { failregex: ["mid dle-<ADDR>"], datepattern: "{UNB}%Y-%m-%d %H:%M:%SZ" },
];

const DATE = "2026-01-01 12:00:00Z";
const piece = fc.constantFrom(
  " app: failure from 192.0.2.1",
  " app: failure from host.example.com user r\u00f6ot",
  " REFU\u017fED 2001:db8::1",
  "refused 192.0.2.2",
  `[${DATE}] [error] bad 192.0.2.3`,
  "] [error] bad 192.0.2.3",
  " friend",
  " denied 192.0.2.4",
  "user root 192.0.2.4",
  "app1 connect 192.0.2.5",
  " app1 failure",
  "xxx a 192.0.2.6",
  " tas\u212a: \u212aill 192.0.2.7",
  " task: KILL 192.0.2.7",
  "begin 192.0.2.8",
  "the end",
  "mid dle-192.0.2.9",
  `mid d${DATE}le-192.0.2.9`,
  DATE,
  "2026-01-01 11:59:50Z",
  "\r",
  "\0",
  "\ufffd",
  "\u2028",
  "\v",
  " ",
);
const line = fc
  .array(fc.oneof({ weight: 4, arbitrary: piece }, fc.string({ maxLength: 6 })), { maxLength: 4 })
  .map((parts) => parts.join("").replaceAll("\n", " "));

describe("the quick way through a block", () => {
  it("finds exactly what the plain way finds", () => {
    let hits = 0;
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.subarray([...FILTERS], { minLength: 1 }),
        (lines, filters) => {
          const text = lines.map((one) => `${one}\n`).join("");
          const expected = feedAll(filters, text);
          hits += expected.flat().length;
          expect(scan(filters, text)).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
    expect(hits).toBeGreaterThan(500);
  });

  it.each([
    [1, `[${DATE}] [error] bad 192.0.2.3`],
    [7, `mid d${DATE}le-192.0.2.9`],
    [0, `${DATE} REFU\u017fED 192.0.2.3`],
    [5, `${DATE} tas\u212a: \u212aill 192.0.2.7`],
    [0, `${DATE} app: failure from 192.0.2.1\r`],
  ])("finds with filter %i what is in %j", (index, text) => {
    expect(scan([FILTERS[index]!], `nothing\n${text}\nnothing\n`)[0]).toHaveLength(1);
  });

  it("dates a line by one before it", () => {
    const [found] = scan([FILTERS[0]!], "2026-01-01 11:59:30Z x\ny\nrefused 192.0.2.1\n");
    expect(found).toMatchObject([{ time: feedAt().clock.now - 30 }]);
  });

  it("takes an empty block and one of empty lines", () => {
    expect(scan(FILTERS, "")).toEqual(FILTERS.map(() => []));
    expect(scan(FILTERS, "\n\n\r\n")).toEqual(FILTERS.map(() => []));
  });

  it("tells what each filter costs", () => {
    let now = 0;
    const take = (filter: JailFilter, milliseconds: number): JailFilter => {
      const tryBytes = filter.tryBytes.bind(filter);
      filter.tryBytes = (...line) => {
        now += milliseconds;
        return tryBytes(...line);
      };
      return filter;
    };
    const watcherOf = (filter: JailFilter): Watcher => ({ filter, options: () => feedAt(), hits: () => {} });
    const filters = [take(makeFilter(FILTERS[0]!), 1), take(makeFilter(FILTERS[0]!), 3)];
    const scanner = new BlockScanner(filters.map(watcherOf), () => now);
    scanner.scan(makeTestBlock("refused 192.0.2.1\n".repeat(31 * 40)));
    const [cheap = 0, expensive = 0] = scanner.costs;
    expect(cheap).toBe(31 * 40);
    expect(expensive).toBe(3 * 31 * 40);
  });
});
