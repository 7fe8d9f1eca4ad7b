import { describe, expect, it } from "vitest";
import { parseEncoding } from "./encoding";

/** What Python's codec of that name makes of the bytes, with errors replaced. */
const CASES: readonly (readonly [name: string, bytes: string, text: string])[] = [
  ["auto", "a\xc3\xa4\xff", "aä\ufffd"],
  ["UTF_8", "\xe2\x82", "\ufffd"],
  ["latin-1", "\x80\xe4", "\u0080ä"],
  ["ISO-8859-1", "\xe4", "ä"],
  ["iso8859-15", "\xa4", "€"],
  ["latin2", "\xb1", "ą"],
  ["ascii", "a\xe4b", "a\ufffdb"],
  ["US-ASCII", "\xff", "\ufffd"],
  ["cp1252", "\x80\x81\xe4", "€\ufffdä"],
  ["windows-1251", "\xff", "я"],
  ["koi8-r", "\xc1", "а"],
  ["cp1250", "\xb9", "ą"],
];

describe("parseEncoding", () => {
  it.each(CASES)("%s", (name, bytes, text) => {
    expect(parseEncoding(name)?.decode(bytes)).toBe(text);
  });

  it("knows no others", () => {
    for (const name of ["", "klingon", "utf-9", "latin-77", "cp9999"]) {
      expect(parseEncoding(name)).toBeUndefined();
    }
  });
});
