import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMatch } from "../model";
import type { TimeNotice } from "./clock-rules";
import { FilterError } from "./compile-filter";
import { feedAt, makeFilter, NOON } from "./filter.testing";
import { failureOf } from "./hit-maker";

const DATED = "2026-01-01 12:00:00Z";

describe("a line", () => {
  it("becomes a failure with time, offender, groups and the whole line", () => {
    const filter = makeFilter({ failregex: ["^ from <ADDR> user <F-USER>\\S+</F-USER>$"] });
    const [hit] = filter.feedLine(`${DATED} from 192.0.2.1 user bob`, feedAt());
    expect(hit && failureOf(hit)).toMatchObject({ time: NOON, id: "192.0.2.1", count: 1 });
    expect(hit?.groups.get("user")).toBe("bob");
    expect(hit?.matches).toEqual([["", DATED, " from 192.0.2.1 user bob"]]);
  });

  it("is matched without its date, a newline at its end", () => {
    const filter = makeFilter({ failregex: ["^\\[\\] from <ADDR>\\s$"] });
    expect(filter.feedLine(`[${DATED}] from 192.0.2.1`, feedAt())).toHaveLength(1);
  });

  it("goes to the first regex that matches, or to all of them", () => {
    const filter = makeFilter({ failregex: ["a <ADDR>", "b <ADDR>", "<ADDR>"] });
    const line = "b 192.0.2.1";
    expect(filter.feedLine(line, feedAt()).map((hit) => hit.failregex)).toEqual([1]);
    expect(filter.feedLine(line, { ...feedAt(), checkAll: true }).map((hit) => hit.failregex)).toEqual([
      1, 2,
    ]);
  });

  it("is nameless when it has a name that may not be used", () => {
    const filter = makeFilter({ failregex: ["from <DNS>"], usedns: "no" });
    expect(filter.feedLine("from host.example.com", feedAt())).toMatchObject([{ kind: "nameless" }]);
  });

  it("has a host to resolve when it has a name that may be used", () => {
    const filter = makeFilter({ failregex: ["from <HOST>"] });
    const [hit] = filter.feedLine("from host.example.com", feedAt());
    expect(hit && failureOf(hit)).toMatchObject({ host: "host.example.com" });
  });
});

describe("a prefregex", () => {
  const parts = {
    prefregex: "^ \\w+ from <ADDR> <F-CONTENT>.+</F-CONTENT>$",
    failregex: ["^bad <F-USER>\\S+</F-USER>$"],
  };

  it("hands its content and its groups on", () => {
    const [hit] = makeFilter(parts).feedLine(`${DATED} app from 192.0.2.1 bad bob`, feedAt());
    expect(hit).toMatchObject({ kind: "failure", identity: { id: "192.0.2.1" } });
    expect(Object.fromEntries(hit?.groups ?? [])).toMatchObject({ user: "bob", ip4: "192.0.2.1" });
  });

  it("keeps others away", () => {
    expect(makeFilter(parts).feedLine("bad bob", feedAt())).toEqual([]);
  });
});

describe("an ignoreregex", () => {
  it("drops what it matches", () => {
    const filter = makeFilter({ failregex: ["from <ADDR>"], ignoreregex: ["friend"] });
    expect(filter.feedLine("from 192.0.2.1 friend", feedAt())).toMatchObject([
      { kind: "ignored", failregex: 0, ignoreregex: 0 },
    ]);
    expect(filter.feedLine("from 192.0.2.1", feedAt())).toMatchObject([{ kind: "failure" }]);
  });

  it("sees the whole line only when there are few of them", () => {
    const parts = { prefregex: "^app <F-CONTENT>.+</F-CONTENT>$", ignoreregex: ["^app"] };
    const many = makeFilter({ ...parts, failregex: ["1 <ADDR>", "2 <ADDR>", "3 <ADDR>", "4 <ADDR>"] });
    const few = makeFilter({ ...parts, failregex: ["4 <ADDR>"] });
    expect(many.feedLine("app 4 192.0.2.1", feedAt())).toMatchObject([{ kind: "ignored" }]);
    expect(few.feedLine("app 4 192.0.2.1", feedAt())).toMatchObject([{ kind: "failure" }]);
  });
});

describe("the time of a line", () => {
  const filter = (): ReturnType<typeof makeFilter> => makeFilter({ failregex: ["from <ADDR>"] });

  it("is its date, a date borrowed from the line before, or now", () => {
    const one = filter();
    expect(one.feedLine("from 192.0.2.1", feedAt())).toMatchObject([{ time: NOON }]);
    one.feedLine("2026-01-01 11:59:30Z x", feedAt());
    expect(one.feedLine("from 192.0.2.1", feedAt())).toMatchObject([{ time: NOON - 30 }]);
  });

  it("may be borrowed from lines that were never fed, the nearest dated one", () => {
    const earlier = (): string[] => ["x", "2026-01-01 11:59:40Z y", "2026-01-01 11:59:10Z z"];
    expect(filter().feedLine("from 192.0.2.1", { ...feedAt(), earlier })).toMatchObject([
      { time: NOON - 20 },
    ]);
  });

  it("is missed in an old log, and somebody hears of it", () => {
    const notices: TimeNotice[] = [];
    const options = { ...feedAt({ phase: "initial" }), notice: (notice: TimeNotice) => notices.push(notice) };
    const [hit] = filter().feedLine("from 192.0.2.1", options);
    expect(hit && failureOf(hit)).toBeUndefined();
    expect(filter().feedLine("2025-12-31 12:00:00Z from 192.0.2.1", options)).toEqual([]);
    expect(notices.map(({ type }) => type)).toEqual(["undated", "too-old"]);
  });
});

describe("several lines", () => {
  const regex = "^start \\d+ <ADDR>$<SKIPLINES>^end$";

  it("match together and are used up", () => {
    const filter = makeFilter({ failregex: [regex], maxlines: 5 });
    const feed = (line: string): readonly string[] =>
      filter.feedLine(line, feedAt()).flatMap((hit) => hit.matches.map(formatMatch));
    expect(feed("start 1 192.0.2.1")).toEqual([]);
    expect(feed("between")).toEqual([]);
    expect(feed("end")).toEqual(["start 1 192.0.2.1", "end"]);
    expect(feed("end")).toEqual([]);
  });

  it("count once, even when all regexes are to be tried", () => {
    const filter = makeFilter({ failregex: [regex, "^start \\d+ <ADDR>$"], maxlines: 5 });
    filter.feedLine("start 1 x", feedAt());
    expect(filter.feedLine("start 1 192.0.2.1", { ...feedAt(), checkAll: true })).toHaveLength(1);
  });

  it("that are too far apart do not match", () => {
    const filter = makeFilter({ failregex: [regex], maxlines: 2 });
    const hits = ["start 1 192.0.2.1", "x", "end"].map((line) => filter.feedLine(line, feedAt()).length);
    expect(hits).toEqual([0, 0, 0]);
  });
});

describe("a filter that cannot be used", () => {
  it.each([
    [{ failregex: ["no offender"] }, "filter-no-id", "No failure-id group in 'no offender'"],
    [{ failregex: [" "] }, "filter-regex", "Cannot add empty regex"],
    [{ failregex: ["(<ADDR>"] }, "filter-regex", "missing ), unterminated subpattern at position 0"],
    [{ failregex: ["<ADDR>"], ignoreregex: ["("] }, "filter-regex", "missing ), unterminated"],
  ])("%j is refused as %s", (parts, code, message) => {
    const make = (): unknown => makeFilter(parts);
    expect(make).toThrow(FilterError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

it("never throws, whatever a line says", () => {
  const filter = makeFilter({
    prefregex: "^<F-MLFID>\\s*\\S*</F-MLFID> <F-CONTENT>.+</F-CONTENT>$",
    failregex: ["^<F-NOFAIL>a+</F-NOFAIL> <HOST>", "<F-USER>.*</F-USER> from <SUBNET>", "<F-ID>\\S+</F-ID>$"],
    ignoreregex: ["b{3}"],
  });
  const piece = fc.constantFrom(
    "a ",
    "bbb",
    " from 192.0.2.1/99",
    "999.1.1.1",
    DATED,
    "1e999",
    "\0",
    "\ud800",
    "\u2028",
    "::::",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 8 }), (parts) => {
      expect(() => filter.feedLine(parts.join(""), { ...feedAt(), checkAll: true })).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});
