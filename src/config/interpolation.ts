import type { Budget } from "./budget";
import { VALUE_LIMIT } from "./budget";
import { ConfigError } from "./config-error";
import type { MergedConfig } from "./merged-config";
import { makeText, startOf, TextBuilder, type OriginText } from "./origin-text";

/** References inside references that still work. */
const MAX_DEPTH = 10;
const PERCENT = makeText("%");
const SECTION_REFERENCE = /^([\p{L}\p{N}_-]+)\/(.+)$/su;

/** Which value to expand, and from where its references are looked up. */
export interface Lookup {
  readonly section: string;
  readonly option: string;
  /** Values of the caller by lower-case name; they win over the section and the defaults. */
  readonly vars?: ReadonlyMap<string, OriginText>;
  readonly budget?: Budget;
}

/**
 * The value of an option with its `%(name)s` references filled in: caller's values, then the section, then DEFAULT.
 * `undefined` when the section or the option does not exist; throws `ConfigError` when a reference leads nowhere.
 */
export function interpolate(config: MergedConfig, lookup: Lookup): OriginText | undefined {
  if (!config.getSection(lookup.section)) {
    return undefined;
  }
  const raw = findRaw(config, lookup, lookup.option.toLowerCase());
  return raw?.text.includes("%") ? new Expansion(config, lookup).expand(raw, 1) : raw;
}

function findRaw(config: MergedConfig, lookup: Lookup, name: string): OriginText | undefined {
  return lookup.vars?.get(name) ?? config.getSection(lookup.section)?.get(name) ?? config.defaults.get(name);
}

class Expansion {
  readonly #config: MergedConfig;
  readonly #lookup: Lookup;

  constructor(config: MergedConfig, lookup: Lookup) {
    this.#config = config;
    this.#lookup = lookup;
  }

  expand(raw: OriginText, depth: number): OriginText {
    if (depth > MAX_DEPTH) {
      throw this.#fail("config-recursion", "refers to itself, or through more than 10 options", raw, 0);
    }
    this.#lookup.budget?.spend(raw.text.length);
    const out = new TextBuilder();
    const cursor = new LineCursor(raw);
    for (let at = 0; ; ) {
      const percent = raw.text.indexOf("%", at);
      cursor.copy(out, percent < 0 ? raw.text.length : percent);
      if (percent < 0) {
        return out.build();
      }
      at = this.#expandAt({ raw, percent, depth, out });
      cursor.skipTo(at);
      if (out.length > VALUE_LIMIT) {
        throw this.#fail("config-too-large", `grows beyond ${VALUE_LIMIT} characters`, raw, percent);
      }
    }
  }

  /** Handles one percent sign; gives the position behind what it stood for. */
  #expandAt(step: { raw: OriginText; percent: number; depth: number; out: TextBuilder }): number {
    const { raw, percent, depth, out } = step;
    const next = raw.text.charAt(percent + 1);
    if (next === "%") {
      out.addInserted(PERCENT);
      return percent + 2;
    }
    const close = next === "(" ? raw.text.indexOf(")", percent) : -1;
    if (close <= percent + 2 || raw.text.charAt(close + 1) !== "s") {
      const found = raw.text.slice(percent, percent + 20);
      const message = `has a lone % at "${found}"; write %% for the sign itself or %(name)s for a reference`;
      throw this.#fail("config-syntax", message, raw, percent);
    }
    const name = raw.text.slice(percent + 2, close);
    const value = this.#find(name);
    if (value === undefined) {
      throw this.#fail("config-reference", `refers to %(${name})s, which is not set anywhere`, raw, percent);
    }
    out.addInserted(value.text.includes("%") ? this.expand(value, depth + 1) : value);
    return close + 2;
  }

  #find(name: string): OriginText | undefined {
    const key = name.toLowerCase();
    if (key === "__name__") {
      return makeText(this.#lookup.section);
    }
    const plain = findRaw(this.#config, this.#lookup, key);
    // Names of other sections are looked up as they are written, but only lower-case ones are ever found.
    return plain ?? (key === name ? this.#findInSection(name) : undefined);
  }

  #findInSection(name: string): OriginText | undefined {
    const match = SECTION_REFERENCE.exec(name);
    const section = match?.[1] ?? "";
    const option = match?.[2] ?? "";
    if (!match || section === "default") {
      return this.#config.defaults.get(option);
    }
    if (section === "known") {
      return this.#config.getKnown(this.#lookup.section, option) ?? this.#config.defaults.get(option);
    }
    const other = this.#config.getSection(section);
    return other && (other.get(option) ?? this.#config.defaults.get(option));
  }

  #fail(
    code: "config-reference" | "config-syntax" | "config-recursion" | "config-too-large",
    message: string,
    raw: OriginText,
    at: number,
  ): ConfigError {
    const line = raw.text.slice(0, at).split("\n").length - 1;
    const origin = raw.origins[line] ?? startOf(raw);
    return new ConfigError(
      code,
      `option "${this.#lookup.option}" of [${this.#lookup.section}] ${message}`,
      origin,
    );
  }
}

/** Copies a raw text piece by piece and knows the line it stands on. */
class LineCursor {
  readonly #raw: OriginText;
  #at = 0;
  #line = 0;

  constructor(raw: OriginText) {
    this.#raw = raw;
  }

  copy(out: TextBuilder, end: number): void {
    const piece = this.#raw.text.slice(this.#at, end);
    if (piece !== "") {
      const lines = piece.split("\n").length;
      out.addOwn(piece, this.#raw.origins.slice(this.#line, this.#line + lines));
      this.#line += lines - 1;
    }
    this.#at = end;
  }

  /** Leaves out text up to there, which never holds a line break except inside a reference's name. */
  skipTo(end: number): void {
    this.#line += this.#raw.text.slice(this.#at, end).split("\n").length - 1;
    this.#at = end;
  }
}
