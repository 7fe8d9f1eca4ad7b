import { describe, expect, it } from "vitest";
import { Budget } from "./budget";
import { ConfigError } from "./config-error";
import { parseIni } from "./ini";
import { interpolate } from "./interpolation";
import { MergedConfig } from "./merged-config";
import { makeText } from "./origin-text";

function merge(...files: string[]): MergedConfig {
  const config = new MergedConfig();
  files.forEach((text, i) => config.addFile(parseIni(text, `${i}.conf`)));
  return config;
}

const get = (config: MergedConfig, option: string) => interpolate(config, { section: "s", option });

function fail(config: MergedConfig, option: string): ConfigError {
  try {
    get(config, option);
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error("nothing was thrown");
}

describe("interpolate", () => {
  it("looks in the caller's values, the section, the defaults, in this order", () => {
    const config = merge("[DEFAULT]\na = d\nb = d\nc = d\n[s]\na = s\nb = s\nx = %(a)s%(B)s%(c)s\n");
    const vars = new Map([["a", makeText("v")]]);
    expect(interpolate(config, { section: "s", option: "X", vars })?.text).toBe("vsd");
  });

  it("says nothing of absent options and sections", () => {
    expect(get(merge("[s]\n"), "a")).toBeUndefined();
    expect(interpolate(merge("[DEFAULT]\na=1\n"), { section: "s", option: "a" })).toBeUndefined();
  });

  it("keeps the places of lines that come from elsewhere", () => {
    const config = merge(
      "[DEFAULT]\nlist =\n  one\n  two\n[s]\nx = %(list)s\n  own %(w)s\n  %(w)s\nw = word\n",
    );
    const text = get(config, "x")!;
    expect(text.text).toBe("\none\ntwo\nown word\nword");
    expect(text.origins.map((origin) => origin?.line)).toEqual([2, 3, 4, 7, 9]);
  });

  it("knows the value before the last file", () => {
    expect(get(merge("[s]\na = 1\n", "[s]\na = %(known/a)s2\n"), "a")?.text).toBe("12");
  });

  it("points at the line of a reference that leads nowhere", () => {
    const error = fail(merge("[s]\na = 1\n  2 %(none)s\n"), "a");
    expect(error.origin).toEqual({ file: "0.conf", line: 3 });
    expect(error.message).toBe('option "a" of [s] refers to %(none)s, which is not set anywhere');
  });

  it.each([
    ["a = %(a)s", "config-recursion"],
    ["a = %(b)s\nb = %(a)s", "config-recursion"],
    ["a = 50%", "config-syntax"],
    ["a = %(b", "config-syntax"],
    ["a = %()s", "config-syntax"],
    ["a = %(none/x)s", "config-reference"],
  ])("refuses %j", (text, code) => {
    expect(fail(merge(`[s]\n${text}\n`), "a").code).toBe(code);
  });

  it("stops values that would outgrow memory", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `v${i} = ${`%(v${i + 1})s`.repeat(40)}`);
    const config = merge(`[s]\n${levels.join("\n")}\nv9 = ${"x".repeat(100)}\nw9 =\n`);
    expect(fail(config, "v0").code).toBe("config-too-large");
    const empty = merge(`[s]\n${levels.join("\n")}\nv9 =\n`);
    expect(() => interpolate(empty, { section: "s", option: "v0", budget: new Budget() })).toThrow(
      ConfigError,
    );
  });
});
