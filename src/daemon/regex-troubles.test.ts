import { describe, expect, it } from "vitest";
import { numberOf, placeOf, type RegexPlace } from "./guarded-regexes";
import { RegexTroubles } from "./regex-troubles";

describe("RegexTroubles", () => {
  it("takes a regex out of service at its third line within ten minutes", () => {
    const troubles = new RegexTroubles();
    expect([troubles.add("a", 0), troubles.add("b", 1), troubles.add("a", 500)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(troubles.outOfService).toEqual([]);
    expect(troubles.add("a", 599)).toBe(true);
    expect(troubles.outOfService).toEqual(["a"]);
    expect(troubles.add("a", 599)).toBe(false);
  });

  it("forgets what is long ago, and all of it at a reload", () => {
    const troubles = new RegexTroubles();
    expect([0, 300, 600, 900].map((now) => troubles.add("a", now))).toEqual([false, false, false, false]);
    troubles.add("a", 901);
    expect(troubles.outOfService).toEqual(["a"]);
    troubles.forget();
    expect(troubles.outOfService).toEqual([]);
    expect(troubles.add("a", 902)).toBe(false);
  });
});

describe("the number of a regex on the desk", () => {
  it("tells its place", () => {
    const places: readonly RegexPlace[] = [
      { kind: "prefregex", index: 0 },
      { kind: "failregex", index: 0 },
      { kind: "ignoreregex", index: 0 },
      { kind: "failregex", index: 77 },
    ];
    expect(places.map((place) => placeOf(numberOf(place)))).toEqual(places);
    expect(new Set(places.map(numberOf)).size).toBe(places.length);
    expect(placeOf(0)).toBeUndefined();
  });
});
