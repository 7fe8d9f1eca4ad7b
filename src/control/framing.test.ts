import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { END, frameMessage, MessageSplitter } from "./framing";

describe("MessageSplitter", () => {
  test("finds every message however the stream is chopped", () => {
    // Letters of the terminator, so that near misses and terminators begun twice occur often.
    const body = fc.string({
      unit: fc.constantFrom("<", "F", "<F2B_", "END_COMMAND", ">", "x"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.array(
          body.filter((text) => !`${text}${END.toString()}`.slice(0, -1).includes(END.toString())),
          { maxLength: 6 },
        ),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (messages, sizes) => {
          const stream = Buffer.concat(messages.map((text) => frameMessage(Buffer.from(text))));
          const splitter = new MessageSplitter();
          const found: string[] = [];
          for (let at = 0, i = 0; at < stream.length; i += 1) {
            const size = sizes[i % sizes.length]!;
            found.push(...splitter.push(stream.subarray(at, at + size)).map(String));
            at += size;
          }
          expect(found).toEqual(messages);
          expect(splitter.pending).toBe(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("refuses a message that is too long", () => {
    const splitter = new MessageSplitter(100);
    expect(splitter.push(Buffer.concat([Buffer.alloc(100), END]))).toHaveLength(1);
    expect(() => splitter.push(Buffer.alloc(200))).toThrow("longer than 100 bytes");
  });
});
