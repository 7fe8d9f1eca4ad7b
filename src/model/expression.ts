import { applyOperator, BUILTINS } from "./expression-operators";
import { ExpressionError, tokenize, type Token } from "./expression-tokens";
import type { Numeric } from "./numeric";

/** What the names and functions of an expression mean; functions get numbers and give one. */
export interface Scope {
  readonly values?: ReadonlyMap<string, Numeric>;
  readonly functions?: ReadonlyMap<string, (...args: readonly Numeric[]) => Numeric>;
}

/** An expression read once, to be evaluated often. */
export interface Expression {
  readonly text: string;
  /** @throws ExpressionError for unknown names, division by zero and results that are no finite number. */
  evaluate(scope?: Scope): Numeric;
}

type Node =
  | { readonly kind: "number"; readonly value: Numeric }
  | { readonly kind: "name"; readonly name: string; readonly position: number }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly args: readonly Node[];
      readonly position: number;
    }
  | { readonly kind: "unary"; readonly sign: string; readonly operand: Node }
  | {
      readonly kind: "binary";
      readonly sign: string;
      readonly left: Node;
      readonly right: Node;
      readonly position: number;
    }
  | { readonly kind: "choice"; readonly test: Node; readonly yes: Node; readonly no: Node };

/** Signs of equal binding strength, weakest first; `**` is apart because it binds to the right. */
const LEVELS: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "//", "%"],
];
const KEYWORDS: readonly string[] = ["or", "and", "not", "if", "else"];
const MAX_DEPTH = 50;

/**
 * Reads an arithmetic expression in Python's notation: numbers, `+ - * / // % ** << >>`, comparisons, `and or not`,
 * `a if test else b`, calls, and dotted names.
 * @throws ExpressionError with the position of the first problem.
 */
export function compileExpression(text: string): Expression {
  const node = new Parser(tokenize(text)).parse();
  return { text, evaluate: (scope = {}) => evaluate(node, scope) };
}

/**
 * The value of an expression.
 * @throws ExpressionError when it cannot be read or has no value.
 */
export function evaluateExpression(text: string, scope?: Scope): Numeric {
  return compileExpression(text).evaluate(scope);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#peek().kind !== "end") {
      throw this.#unexpected();
    }
    return node;
  }

  #choice(): Node {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) {
      throw new ExpressionError("expression is nested too deeply", this.#peek().position);
    }
    let node = this.#binary(0);
    if (this.#accept("if")) {
      const test = this.#binary(0);
      this.#expect("else");
      node = { kind: "choice", test, yes: node, no: this.#choice() };
    }
    this.#depth--;
    return node;
  }

  #binary(level: number): Node {
    const signs = LEVELS[level];
    if (!signs) {
      return this.#unary();
    }
    let left = this.#operand(level);
    for (let token = this.#peek(); signs.includes(token.text); token = this.#peek()) {
      this.#next++;
      left = {
        kind: "binary",
        sign: token.text,
        left,
        right: this.#operand(level),
        position: token.position,
      };
    }
    return left;
  }

  /** `not` binds weaker than comparisons and stronger than `and`. */
  #operand(level: number): Node {
    if (level !== 1 || !this.#accept("not")) {
      return this.#binary(level + 1);
    }
    return this.#nested(() => ({ kind: "unary", sign: "not", operand: this.#operand(level) }));
  }

  #unary(): Node {
    const sign = this.#peek().text;
    if (sign !== "-" && sign !== "+") {
      return this.#power();
    }
    this.#next++;
    return this.#nested(() => ({ kind: "unary", sign, operand: this.#unary() }));
  }

  #nested(parse: () => Node): Node {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) {
      throw new ExpressionError("expression is nested too deeply", this.#peek().position);
    }
    const node = parse();
    this.#depth--;
    return node;
  }

  #power(): Node {
    const left = this.#atom();
    const { position } = this.#peek();
    if (!this.#accept("**")) {
      return left;
    }
    return this.#nested(() => ({ kind: "binary", sign: "**", left, right: this.#unary(), position }));
  }

  #atom(): Node {
    const token = this.#peek();
    if (token.kind === "int" || token.kind === "float") {
      this.#next++;
      const value = Number(token.text.replaceAll("_", ""));
      return { kind: "number", value: { value, isFloat: token.kind === "float" } };
    }
    if (token.kind === "name" && !KEYWORDS.includes(token.text)) {
      this.#next++;
      return this.#accept("(")
        ? { kind: "call", name: token.text, args: this.#args(), position: token.position }
        : { kind: "name", name: token.text, position: token.position };
    }
    if (!this.#accept("(")) {
      throw this.#unexpected();
    }
    const inner = this.#choice();
    this.#expect(")");
    return inner;
  }

  #args(): readonly Node[] {
    const args: Node[] = [];
    while (!this.#accept(")")) {
      args.push(this.#choice());
      if (!this.#accept(",") && this.#peek().text !== ")") {
        throw this.#unexpected();
      }
    }
    return args;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", position: 0 };
  }

  #accept(text: string): boolean {
    if (this.#peek().text !== text) {
      return false;
    }
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) {
      throw this.#unexpected();
    }
  }

  #unexpected(): ExpressionError {
    const { text, position } = this.#peek();
    return new ExpressionError(
      text === "" ? "expression ends too early" : `unexpected "${text}" at ${position}`,
      position,
    );
  }
}

function evaluate(node: Node, scope: Scope): Numeric {
  switch (node.kind) {
    case "number":
      return node.value;
    case "name":
      return lookUp(node.name, node.position, scope);
    case "call":
      return call(node, scope);
    case "unary":
      return negate(node.sign, evaluate(node.operand, scope));
    case "choice":
      return evaluate(evaluate(node.test, scope).value === 0 ? node.no : node.yes, scope);
    default:
      return combine(node, scope);
  }
}

function combine(node: Node & { kind: "binary" }, scope: Scope): Numeric {
  const left = evaluate(node.left, scope);
  if (node.sign === "and" || node.sign === "or") {
    return (left.value === 0) === (node.sign === "or") ? evaluate(node.right, scope) : left;
  }
  return finite(applyOperator(node.sign, left, evaluate(node.right, scope)), node.sign, node.position);
}

function negate(sign: string, operand: Numeric): Numeric {
  if (sign === "not") {
    return { value: operand.value === 0 ? 1 : 0, isFloat: false };
  }
  // Minus an int zero is plain zero in Python, minus a float zero is not.
  return sign === "+" ? operand : { ...operand, value: operand.isFloat ? -operand.value : 0 - operand.value };
}

function lookUp(name: string, position: number, scope: Scope): Numeric {
  const value = scope.values?.get(name);
  if (!value) {
    throw new ExpressionError(`name "${name}" is not defined`, position);
  }
  return value;
}

function call(node: Node & { kind: "call" }, scope: Scope): Numeric {
  const apply = scope.functions?.get(node.name) ?? BUILTINS.get(node.name);
  if (!apply) {
    throw new ExpressionError(`function "${node.name}" is not defined`, node.position);
  }
  const args = node.args.map((arg) => evaluate(arg, scope));
  return finite(apply(...args), node.name, node.position);
}

function finite(result: Numeric | undefined, what: string, position: number): Numeric {
  if (!result || !Number.isFinite(result.value)) {
    throw new ExpressionError(`"${what}" gives no finite number`, position);
  }
  return result;
}
