import { expect, test } from "vitest";
import { parseTimezone } from "./zone";

test.each([
  ["Z", 0],
  ["UTC", 0],
  ["CET", 3600],
  ["UTC+0200", 7200],
  ["CET+0100", 7200],
  ["-0430", -16_200],
  ["+05:45", 20_700],
  ["A", 3600],
  ["M-12", 0],
  ["NPT", 20_700],
  ["MART", -34_200],
  ["NZDT", 46_800],
])("%s is %i seconds east", (text, seconds) => {
  expect(parseTimezone(text)).toBe(seconds);
});

test.each([
  "",
  "AB",
  "XYZ",
  "cet",
  "ChST",
  "UTC+2",
  "+2000",
  "+02:",
  "CET ",
  " CET",
  "Europe/Paris",
  "CET+0100\n",
])("%j is no zone", (text) => {
  expect(parseTimezone(text)).toBeUndefined();
});
