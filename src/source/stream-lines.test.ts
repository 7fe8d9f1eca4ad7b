import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEncoding, UTF8 } from "./encoding";
import { StreamLines } from "./stream-lines";

function cut(lines: StreamLines, pieces: readonly Buffer[]): { text: string; skipped: number } {
  const given = pieces.flatMap((piece) => lines.push(piece) ?? []);
  return {
    text: given.map(({ view }) => view).join(""),
    skipped: given.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0),
  };
}

describe("StreamLines", () => {
  it("gives the same lines however the bytes are cut", () => {
    const encodings = [UTF8, parseEncoding("utf-16le") ?? UTF8, parseEncoding("utf-32be") ?? UTF8];
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zA-Z\u010a é]{0,12}$/)),
        fc.array(fc.nat(40)),
        fc.constantFrom(...encodings),
        (texts, cuts, encoding) => {
          const text = texts.map((line) => `${line}\n`).join("");
          const bytes = encode(text, encoding.name);
          expect(
            Buffer.from(cut(new StreamLines(encoding), split(bytes, cuts)).text, "latin1").toString(),
          ).toBe(text);
        },
      ),
    );
  });

  it("keeps the beginning of a line that is too long and counts the rest", () => {
    const lines = new StreamLines(UTF8, 10);
    expect(cut(lines, [Buffer.from("0123456"), Buffer.from("789abc"), Buffer.from("def\nnext\nha")])).toEqual(
      {
        text: "0123456789\nnext\n",
        skipped: 6,
      },
    );
    expect(lines.waiting).toBe(2);
  });

  it("gives what is left at the end as a line, or forgets it", () => {
    const lines = new StreamLines(UTF8);
    lines.push(Buffer.from("half"));
    expect(lines.end()).toEqual({ view: "half\n", lines: 1, skippedBytes: 0 });
    lines.push(Buffer.from("half"));
    lines.clear();
    expect(lines.end()).toBeUndefined();
  });

  it("stays quick when a line comes byte by byte", () => {
    const lines = new StreamLines(UTF8);
    const byte = Buffer.from("x");
    const start = performance.now();
    for (let i = 0; i < 1_200_000; i++) {
      lines.push(byte);
    }
    expect(lines.push(Buffer.from("\n"))).toMatchObject({ lines: 1, skippedBytes: 1_200_000 - (1 << 20) });
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

function encode(text: string, name: string): Buffer {
  if (name === "utf-16le") {
    return Buffer.from(text, "utf16le");
  }
  if (name === "utf-32be") {
    const bytes = Buffer.alloc(text.length * 4);
    Array.from(text).forEach((char, i) => bytes.writeUInt32BE(char.codePointAt(0) ?? 0, i * 4));
    return bytes;
  }
  return Buffer.from(text);
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const size of cuts) {
    pieces.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...pieces, bytes.subarray(from)];
}
