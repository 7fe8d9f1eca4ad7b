import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEncoding } from "../../src/source";
import { LineReader } from "../../src/source/line-reader";
import { demand, demandSame, type FuzzTarget } from "../target";

const ENCODINGS = [
  "utf-8",
  "latin1",
  "ascii",
  "utf-16le",
  "utf-16be",
  "utf-16",
  "utf-32",
  "cp1252",
  "gbk",
  "shift_jis",
];
let folder: string | undefined;

/** An encoding, how a log is cut into writes, and its bytes: the lines come whole and in order, however it is written. */
export const reader: FuzzTarget = {
  name: "reader",
  seeds: () =>
    ENCODINGS.flatMap((name, i) => {
      const text = "one line\nanother é line\r\n\nhalf";
      const wide = name.startsWith("utf-16") ? Buffer.from(text, "utf16le") : Buffer.from(text, "utf8");
      return [1, 7, 200].map((size) => Buffer.concat([Buffer.from([i, size]), wide]));
    }),
  words: ["\n", "\r\n", "\0\n", "\n\0", "\0\0\0\n", "\ufeff", "\xff\xfe", "\0\0\0\0", "é", "😀", "line"],
  check: (input) => {
    const [first = 0, size = 1] = input;
    const encoding = parseEncoding(ENCODINGS[first % ENCODINGS.length] ?? "");
    demand(encoding !== undefined, "an encoding is unknown");
    folder ??= mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    const path = join(folder, "x.log");
    const content = input.subarray(2);
    // The byte order is told by what is there when a log is opened.
    const opened = Math.min(content.length, 4);
    writeFileSync(path, content.subarray(0, opened));
    const log = new LineReader(path, encoding);
    let view = "";
    let count = 0;
    const take = (): void => {
      for (let piece = log.read(); piece.type !== "end"; piece = log.read()) {
        demand(piece.type !== "truncated", "a log that only grew counts as cut");
        if (piece.type === "lines") {
          demandSame(piece.skippedBytes, 0, "bytes were skipped");
          view += piece.view;
          count += piece.lines;
        }
      }
    };
    try {
      const step = Math.max(size * 3 + 1, content.length / 20);
      for (let at = opened; at < content.length; at += step) {
        take();
        appendFileSync(path, content.subarray(at, at + step));
      }
      take();
      const whole = wholeLines(content, log);
      demandSame(view, log.encoding.view(whole), "the lines");
      demandSame(log.position, whole.length, "the place");
      demand(count >= 0 && typeof log.encoding.decode(view) === "string", "the lines do not decode");
    } finally {
      log.close();
    }
  },
  close: () => {
    rmSync(folder ?? "", { recursive: true, force: true });
    folder = undefined;
  },
};

/** Up to and with the last newline, found without any cleverness. */
function wholeLines(content: Buffer, { encoding }: LineReader): Buffer {
  const { unit, newline } = encoding;
  let end = 0;
  for (let at = 0; at + unit <= content.length; at += unit) {
    if (content.subarray(at, at + unit).equals(newline)) {
      end = at + unit;
    }
  }
  return content.subarray(0, end);
}
