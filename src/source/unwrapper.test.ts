import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectWrapping, Unwrapper, wrappingTime } from "./unwrapper";

const TIME = "2026-11-21T00:46:30.123456789Z";
const docker = (log: string, stream = "stdout", time = TIME): string =>
  `${Buffer.from(JSON.stringify({ log, stream, time }), "utf8").toString("latin1")}\n`;
const cri = (text: string, flag = "F", stream = "stdout"): string => `${TIME} ${stream} ${flag} ${text}\n`;

function unwrap(...views: readonly string[]): { text: string; skipped: number } {
  const unwrapper = new Unwrapper();
  const given = views.map((view) => unwrapper.unwrap(view) ?? { view, skippedBytes: 0 });
  return {
    text: Buffer.from(given.map(({ view }) => view).join(""), "latin1").toString("utf8"),
    skipped: given.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0),
  };
}

describe("Unwrapper", () => {
  it("takes Docker's records apart, whatever the text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (texts) => {
        const lines = texts.map((text) => text.replaceAll("\n", ""));
        expect(unwrap(lines.map((line) => docker(`${line}\n`)).join("")).text).toBe(
          lines.map((line) => `${line}\n`).join(""),
        );
      }),
    );
  });

  it("takes CRI lines apart and puts the parts of each stream together, over blocks too", () => {
    const views = [
      cri("one") + cri("tw", "P"),
      cri("err", "P", "stderr"),
      cri("o") + cri("or", "F:x", "stderr") + cri(""),
    ];
    expect(unwrap(...views)).toEqual({ text: "one\ntwo\nerror\n\n", skipped: 0 });
  });

  it("puts the records of a long line of Docker together, and no others", () => {
    const part = "x".repeat(16_384);
    expect(unwrap(docker(part) + docker(`${part}y\n`)).text).toBe(`${part}${part}y\n`);
    expect(unwrap(docker("prompt without newline") + docker("next\n")).text).toBe(
      "prompt without newline\nnext\n",
    );
  });

  it("knows the time of each line", () => {
    const unwrapper = new Unwrapper();
    const view =
      docker("a\n", "stdout", "2026-11-21T00:00:01Z") +
      docker("bb\n", "stdout", "bad") +
      "raw\n" +
      docker("c\n", "stdout", "2026-11-21T01:00:02.5+01:00");
    const given = unwrapper.unwrap(view);
    expect(given?.view).toBe("a\nbb\nraw\nc\n");
    expect([0, 2, 5, 9].map((start) => given?.timeAt(start))).toEqual([
      Date.UTC(2026, 10, 21, 0, 0, 1) / 1000,
      undefined,
      undefined,
      Date.UTC(2026, 10, 21, 0, 0, 2, 500) / 1000,
    ]);
    expect(wrappingTime(cri("x"))).toBe(Date.parse(TIME) / 1000);
  });

  it("leaves plain logs alone, also when a later line looks wrapped", () => {
    expect(unwrap(`Nov 21 00:00:01 host x\n`, docker("hidden\n")).text).toBe(
      `Nov 21 00:00:01 host x\n${docker("hidden\n")}`,
    );
    for (const line of [
      "",
      "{",
      '{"log":"x"}',
      '{"log":1,"stream":"a","time":"b"}',
      `${TIME} stdout X y`,
      `${TIME} failure`,
    ]) {
      expect(detectWrapping(line)).toBeUndefined();
    }
  });

  it("never makes two lines of one, and bounds what it holds", () => {
    expect(unwrap(docker("a\nroot login from 192.0.2.1\n")).text).toBe("a\\nroot login from 192.0.2.1\n");
    const unwrapper = new Unwrapper();
    for (let i = 0; i < 40; i++) {
      unwrapper.unwrap(cri("x".repeat(50_000), "P"));
    }
    const given = unwrapper.unwrap(cri("end"));
    expect([given?.view.length, given?.skippedBytes]).toEqual([(1 << 20) + 1, 40 * 50_000 + 3 - (1 << 20)]);
    unwrapper.unwrap(cri("never ended", "P", "stderr"));
    expect(unwrapper.isHolding).toBe(true);
    unwrapper.unwrap(cri("other").repeat(1001));
    expect(unwrapper.isHolding).toBe(false);
  });
});
