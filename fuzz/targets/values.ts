import {
  compileExpression,
  evaluateDuration,
  ExpressionError,
  formatDuration,
  parseDuration,
  parseIp,
  parseOffender,
  WarderError,
  type Numeric,
} from "../../src/model";
import { parseCall } from "../../src/config";
import { ConfigError } from "../../src/config";
import { compileGlob } from "../../src/platform";
import { demand, demandSame, tolerate, type FuzzTarget } from "../target";

const SCOPE = new Map<string, Numeric>([
  ["ban.Time", { value: 600, isFloat: false }],
  ["ban.Count", { value: 3, isFloat: false }],
]);

/** Small values: times, formulas, addresses, calls and glob patterns. */
export const values: FuzzTarget = {
  name: "values",
  seeds: () =>
    [
      "1h 30m",
      "1y6mo",
      "-1",
      "600.5",
      "1d*2",
      "(5+3)*60 if 1 else 2",
      "ban.Time * 2 ** ban.Count",
      "max(1,2)",
      "192.0.2.1",
      "2001:db8::/32",
      "::ffff:192.0.2.1",
      "192.0.2.0/255.255.255.0",
      "[2001:db8::1]",
      "1.2.3.4/0",
      "f[a=1, b='x,y', c=\"z\"]",
      "%(action_)s[x=1]",
      "/var/log/*/a[0-9]?.log",
      "/**/x",
      "[!a]",
    ].map((text) => Buffer.from(text)),
  words: [
    "ban.Time",
    "ban.Count",
    "**",
    "//",
    "%",
    "(",
    ")",
    "1e308",
    "9999999999",
    "0",
    " if ",
    " else ",
    "and",
    "not ",
    "w",
    "d",
    "mo",
    "::",
    ":",
    ".",
    "/",
    "/128",
    "/33",
    "ffff:",
    "[",
    "]",
    "'",
    '"',
    ",",
    "=",
    "*",
    "?",
    "[!",
    "\\",
  ],
  check: (input) => {
    const text = input.toString("utf8");
    const seconds = parseDuration(text);
    if (seconds !== undefined) {
      demand(typeof formatDuration(seconds) === "string", "a time that cannot be shown");
    }
    const isKnown = (error: unknown): boolean => error instanceof WarderError;
    tolerate(() => evaluateDuration(text), isKnown);
    tolerate(
      () => compileExpression(text).evaluate({ values: SCOPE }),
      (error) => error instanceof ExpressionError || isKnown(error),
    );
    tolerate(
      () => parseCall(text),
      (error) => error instanceof ConfigError,
    );
    compileGlob(text);
    parseOffender(text);
    const ip = parseIp(text);
    if (ip) {
      demandSame(parseIp(ip.text), ip, "an address read again");
    }
  },
};
