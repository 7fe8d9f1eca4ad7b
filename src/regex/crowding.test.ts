import { describe, expect, it } from "vitest";
import { compilePattern, explosiveText, findCrowding, parsePattern } from ".";

/** Milliseconds of CPU that a search in so many rounds of the crowding takes. */
function timeOf(source: string, rounds: number): number {
  const pattern = parsePattern(source);
  const crowding = findCrowding(pattern);
  expect(crowding).toBeDefined();
  const text = explosiveText(crowding!, rounds, "\u0001\n");
  const matcher = compilePattern(pattern);
  matcher.test("");
  const begin = process.cpuUsage();
  matcher.test(text);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

describe("findCrowding", () => {
  it.each([
    ["two dots", "^a.*.*x", 4000],
    ["blanks", String.raw`^a\s*\s*:`, 4000],
    ["three of them", String.raw`^\w+.*\S+!`, 250],
    ["an optional part between them", String.raw`^a\d+(?:-b)?\d*z`, 4000],
    ["a class and a dot", String.raw`^user [^:]*.*: no`, 4000],
  ])(
    "gives text for %s on which four times the length takes far more than four times as long",
    (_, source, rounds) => {
      timeOf(source, rounds);
      const [short, long] = [timeOf(source, rounds), timeOf(source, rounds * 4)];
      expect(long).toBeGreaterThan(Math.max(4, 6 * short));
    },
  );

  it.each([
    "^a*b*c*$",
    String.raw`^\w+: .*$`,
    String.raw`^\d+\.\d+$`,
    "^a.*b",
    "^(?:ab)+c",
    String.raw`^\S+ \S+ x`,
  ])("finds nothing in %s", (source) => {
    expect(findCrowding(parsePattern(source))).toBeUndefined();
  });

  it("takes the run that most repeats share", () => {
    expect(findCrowding(parsePattern(String.raw`^\s*\s*:.*.*.*x`))?.prefix).toContain(":");
  });
});
