import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { compilePattern, explosiveText, findExplosion, parsePattern } from ".";

const LIMIT_MS = 200;

/** Whether a search in that text takes longer than the limit. */
function isSlow(source: string, text: string): boolean {
  const matcher = compilePattern(parsePattern(source));
  try {
    runInNewContext("test()", { test: () => matcher.test(text) }, { timeout: LIMIT_MS });
    return false;
  } catch {
    return true;
  }
}

describe("findExplosion", () => {
  it.each([
    String.raw`^(?:\w+\s?)*$`,
    "^(?:a+)+$",
    "^(a|a)*$",
    "^(?:a|aa)+$",
    "^x(?:[a-z]{1,3})*!",
    "^(?:(?:ab)*(?:ab)*)*c",
    String.raw`^smtp: (?:[^\[]+ )*\[`,
    "^(?:.*,){20,}x",
    String.raw`(?i)^(?:[A-Z]|a)*\d`,
  ])("gives text that %s really suffers from", (source) => {
    const explosion = findExplosion(parsePattern(source));
    expect(explosion).toBeDefined();
    const texts = ["\n", "\u0001"].map((end) => explosiveText(explosion!, 60, end));
    expect(texts.some((text) => isSlow(source, text))).toBe(true);
  });

  it.each([
    "^a*b*c*$",
    String.raw`^(?:\w+\s)*$`,
    "^(?:ab|ac)*d",
    String.raw`^(?:\d{1,3}\.){3}\d{1,3}$`,
    "^(?:[a-f0-9]{1,4}:{1,2}){1,7}x",
    "^.*foo.*bar$",
    "^(?:,[^,]*)*$",
    "",
  ])("has nothing against %j", (source) => {
    expect(findExplosion(parsePattern(source))).toBeUndefined();
  });

  it("ends soon for large patterns", () => {
    const start = performance.now();
    findExplosion(parsePattern(`^(?:${Array.from({ length: 400 }, (_, i) => `w${i}.*`).join("|")})*$`));
    findExplosion(parsePattern(`^(?:${"\\S*".repeat(400)})*$`));
    findExplosion(parsePattern(`^${"(?:x?){4}".repeat(400)}$`));
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
