import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression, evaluateExpression } from "./expression";
import { ExpressionError } from "./expression-tokens";

describe("evaluateExpression", () => {
  it.each([
    ["1 + 2 * 3", 7, false],
    ["-2 ** 2", -4, false],
    ["2 ** 3 ** 2", 512, false],
    ["2 ** -1", 0.5, true],
    ["7 // 2", 3, false],
    ["-7 // 2", -4, false],
    ["-7 % 3", 2, false],
    ["7 % -3", -2, false],
    ["6 / 2", 3, true],
    ["7.0 // 2", 3, true],
    ["1 << 20", 1_048_576, false],
    ["10 >> 1", 5, false],
    ["1 if 2 > 1 else 5", 1, false],
    ["1 if not 2 > 1 else 5", 5, false],
    ["0 or 3 and 2", 2, false],
    ["max(1, 2.5, 2)", 2.5, true],
    ["min(3, 1)", 1, false],
    ["int(3.9) + round(2.5)", 5, false],
    ["float(2)", 2, true],
    ["math.exp(0)", 1, true],
    ["1e3", 1000, true],
    [".5 + 5.", 5.5, true],
    ["((1))", 1, false],
  ])("%s", (text, value, isFloat) => {
    expect(evaluateExpression(text)).toEqual({ value, isFloat });
  });

  it("takes names and functions from the caller", () => {
    const formula = compileExpression(
      "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor + random.random()",
    );
    const values = new Map([
      ["ban.Time", { value: 600, isFloat: false }],
      ["ban.Count", { value: 25, isFloat: false }],
      ["banFactor", { value: 2, isFloat: false }],
    ]);
    const functions = new Map([["random.random", () => ({ value: 0.5, isFloat: true })]]);
    expect(formula.evaluate({ values, functions })).toEqual({ value: 1_258_291_200.5, isFloat: true });
  });

  it.each([
    ["", 0],
    ["1 +", 3],
    ["1 ? 2", 2],
    ["(1", 2],
    ["1 2", 2],
    ["nobody", 0],
    ["nothing(1)", 0],
    ["1/0", 1],
    ["1 % 0", 2],
    ["9 ** 9 ** 9", 2],
    ["math.exp(1000)", 0],
    ["017", 0],
    ["1__0", 0],
    ["1.5 << 2", 4],
    ["__import__('os')", 11],
    ["constructor", 0],
    ["toString()", 0],
  ])("refuses %j and says where", (text, position) => {
    try {
      evaluateExpression(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect((error as ExpressionError).position).toBe(position);
    }
  });

  it("ends in good time whatever it is given", () => {
    for (const text of [
      "(".repeat(4000),
      "-".repeat(4000),
      "1**".repeat(1300),
      "not ".repeat(1000),
      "1+".repeat(2000) + "1",
    ]) {
      try {
        expect(Number.isFinite(evaluateExpression(text).value)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
      }
    }
  });

  it("throws nothing but its own error", () => {
    const piece = fc.constantFrom(
      "1",
      "2.5",
      "(",
      ")",
      "+",
      "-",
      "*",
      "**",
      "//",
      "%",
      "<",
      "if",
      "else",
      "max",
      ",",
      "not",
      "a.b",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        try {
          expect(Number.isFinite(evaluateExpression(pieces.join(" ")).value)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });
});
