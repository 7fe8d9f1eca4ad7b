import { describe, expect, it } from "vitest";
import { PERMANENT, type JailSpec } from "../model";
import { compileIncrement } from "./increment";
import { resolveSettings, restoreRule } from "./settings";

const SPEC: JailSpec = {
  name: "sshd",
  source: { backend: "auto", logs: [], journalmatch: [], logencoding: "auto" },
  filter: { failregex: [], ignoreregex: [], maxlines: 1, usedns: "warn" },
  maxretry: 5,
  maxmatches: 5,
  findtime: "10m",
  bantime: "1h",
  increment: {},
  ignore: { ignoreself: true, ignoreip: [], ignorecommand: "" },
  actions: [],
  idle: false,
};

describe("resolveSettings", () => {
  it("turns times into seconds", () => {
    expect(resolveSettings(SPEC)).toEqual({
      name: "sshd",
      maxretry: 5,
      maxmatches: 5,
      findtime: 600,
      bantime: 3600,
    });
    expect(resolveSettings({ ...SPEC, increment: { increment: true } }).increment?.factor.value).toBe(1);
  });

  it("names the option that is wrong", () => {
    expect(() => resolveSettings({ ...SPEC, findtime: "soon" })).toThrow("findtime = soon");
    expect(() => resolveSettings({ ...SPEC, increment: { increment: true, factor: "x" } })).toThrow(
      "bantime.factor",
    );
  });
});

describe("restoreRule", () => {
  it("follows the bantime, or what bans can grow to", () => {
    const settings = resolveSettings({ ...SPEC, bantime: 3000 });
    const growing = (maxtime?: number) => {
      const increment = compileIncrement({ increment: true, ...(maxtime === undefined ? {} : { maxtime }) });
      return { ...settings, ...(increment ? { increment } : {}) };
    };
    expect(restoreRule(settings)).toEqual({ bantime: 3000, maxAge: 3000, cap: 3000 });
    expect(restoreRule({ ...settings, bantime: PERMANENT })).toEqual({ bantime: PERMANENT });
    expect(restoreRule(growing())).toEqual({ bantime: 3000 });
    expect(restoreRule(growing(3600))).toEqual({ bantime: 3000, cap: 3600 });
  });
});
