import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTextFile } from "./text-file";

describe("readTextFile", () => {
  let root = "";
  const write = (bytes: string | Buffer) => {
    const path = join(root, "file");
    writeFileSync(path, bytes);
    return path;
  };
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "text-"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("reads text and keeps a byte order mark", () => {
    expect(readTextFile(write("\ufeffä\n"), 100)).toEqual({ kind: "text", text: "\ufeffä\n" });
  });
  it("names the line that is not UTF-8", () => {
    expect(readTextFile(write(Buffer.from("a\n\ufffd\nb\xe4\n", "latin1")), 100).kind).toBe("not-utf8");
    const bytes = Buffer.concat([Buffer.from("a\n\ufffd ok\n"), Buffer.from([0xe4, 0x0a])]);
    expect(readTextFile(write(bytes), 100)).toEqual({ kind: "not-utf8", line: 3 });
  });
  it("refuses what is too large, missing or no file", () => {
    expect(readTextFile(write("x".repeat(101)), 100)).toEqual({ kind: "too-large", bytes: 101 });
    expect(readTextFile(join(root, "absent"), 100)).toEqual({ kind: "missing" });
    expect(readTextFile(root, 100).kind).toBe("unreadable");
    expect(readTextFile("/dev/zero", 100).kind).toBe("unreadable");
  });
});
