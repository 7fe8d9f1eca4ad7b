import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, asyncProperty, constantFrom, array, string } from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Block } from "../model";
import { parseEncoding, UTF8 } from "./encoding";
import { readBlocks, textBlock } from "./whole-file";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-whole-"));
  file = join(folder, "x.log");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function linesOf(blocks: Iterable<Block>): string[] {
  const lines: string[] = [];
  for (const block of blocks) {
    expect(block.text.endsWith("\n")).toBe(true);
    let start = 0;
    for (let end = block.text.indexOf("\n"); end >= 0; end = block.text.indexOf("\n", start)) {
      lines.push(block.decode(start, end));
      start = end + 1;
    }
  }
  return lines;
}

it("gives every line, the incomplete last one too", () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i} failure from 192.0.2.1 with ä`);
  lines[7] = "y".repeat(3 << 20);
  writeFileSync(file, lines.join("\n"));
  expect(linesOf(readBlocks(file, UTF8))).toEqual(lines);
});

it("gives nothing of an empty file", () => {
  writeFileSync(file, "");
  expect([...readBlocks(file, UTF8)]).toEqual([]);
});

it("reads descriptors such as a pipe's", () => {
  const fifo = join(folder, "fifo");
  const script = `mkfifo "$1"; (printf 'one\\n'; sleep 0.1; printf 'two') > "$1" &`;
  execFileSync("sh", ["-c", script, "sh", fifo], { stdio: "ignore" });
  expect(linesOf(readBlocks(openSync(fifo, "r"), UTF8))).toEqual(["one", "two"]);
});

it("reads the same text in every encoding", async () => {
  const names = constantFrom("utf-16", "utf-16-le", "utf-16-be", "utf-32", "auto");
  const texts = array(string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\n\ufeff]/g, "")));
  await assert(
    asyncProperty(names, texts, (name, lines) => {
      const encoding = parseEncoding(name) ?? UTF8;
      writeFileSync(file, encode(name, lines.map((line) => `${line}\n`).join("")));
      expect(linesOf(readBlocks(file, encoding))).toEqual(lines);
      return Promise.resolve();
    }),
    { numRuns: 100 },
  );
});

it("makes a block of a text", () => {
  expect(linesOf([textBlock("one ä\ntwo")])).toEqual(["one ä", "two"]);
});

function encode(name: string, text: string): Buffer {
  if (name === "utf-32") {
    const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
    const bytes = Buffer.alloc(codes.length * 4);
    codes.forEach((code, i) => bytes.writeUInt32LE(code, i * 4));
    return bytes;
  }
  const little = Buffer.from(text, name === "auto" ? "utf8" : "utf16le");
  return name === "utf-16-be" ? little.swap16() : little;
}
