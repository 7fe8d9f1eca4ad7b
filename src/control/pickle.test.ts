import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPython, PyFloat, PyTuple, type CommandValue } from "../model";
import { decodePickle, decodePickledReply } from "./pickle-decode";
import { encodePickle, encodePickledError } from "./pickle-encode";
import { PickleError } from "./pickle-error";
import { RemoteError } from "./remote-error";
import { commandValues } from "./values.testing";

const pickle = (text: string): Buffer => Buffer.from(text, "latin1");

describe("decodePickle", () => {
  test("reads the request of fail2ban's own client", () => {
    const bytes = Buffer.from("80059509000000000000005d948c0470696e6794612e", "hex");
    expect(decodePickle(bytes)).toEqual(["ping"]);
  });

  test.each<[string, CommandValue]>([
    ["(lp0\nVping\np1\na.", ["ping"]],
    ["(lp0\nS'st\\x61tus'\np1\na.", ["status"]],
    ["I01\n.", true],
    ["I1\n.", 1],
    ["L-12345678901234567890L\n.", -12345678901234567890n],
    ["F1.5\n.", 1.5],
    ["F2\n.", new PyFloat(2)],
    ["c__builtin__\nset\n((lI1\natR.", new Set([1])],
    ["c__builtin__\nunicode\n(VX\ntR.", "X"],
    ["]2\x86.", new PyTuple([[], []])],
    ["\x80\x02U\x04ping\x85.", new PyTuple(["ping"])],
    ["V\\u20ac\n.", "€"],
    ["\x8a\x00.", 0],
    ["\x8a\x01\xff.", -1],
  ])("reads %j", (bytes, value) => {
    expect(decodePickle(pickle(bytes))).toEqual(value);
  });

  test.each([
    ["", "Ran out of input"],
    ["garbage", "pickle data was truncated"],
    ["\x80\x05", "Ran out of input"],
    ["\x80\x09.", "unsupported pickle protocol: 9"],
    [".", "unpickling stack underflow"],
    ["t.", "could not find MARK"],
    ["\x80\x05h\x05.", "Memo value not found at index 5"],
    ["Ixx\n.", "could not convert string to int"],
    ["Fzz\n.", "could not convert string to float: 'zz'"],
    ["S'abc\n.", "the STRING opcode argument must be quoted"],
    ["\x80\x05\x8c\x05ab", "pickle data was truncated"],
    ["}]K\x01s.", "unhashable type: 'list'"],
    ["(K\x01d.", "odd number of items for DICT"],
    ["\x8b\xff\xff\xff\xff.", "LONG pickle has negative byte count"],
    ["K\x01K\x02\x93.", "STACK_GLOBAL requires str"],
    ["\xff", "invalid load key, '\\xff'."],
    ["'", "invalid load key, '\\x27'."],
    ["\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00K", "pickle data was truncated"],
  ])("says what Python says about %j", (bytes, message) => {
    expect(() => decodePickle(pickle(bytes))).toThrow(new PickleError(message));
  });

  test.each([
    ['cos\nsystem\n(S"echo"\ntR.', "class 'os.system' is not plain data"],
    ["cbuiltins\neval\n(V1\ntR.", "class 'builtins.eval' is not plain data"],
    ["cbuiltins\nstr\n.", "class 'builtins.str' is not plain data"],
    ["cbuiltins\nstr\n(I1\ntR.", "class 'builtins.str' is not plain data"],
    ["cbuiltins\nValueError\n(V1\ntR.", "class 'builtins.ValueError' is not plain data"],
    ["(ios\nsystem\n.", "only plain data is accepted, no objects"],
    ["cos\nsystem\n)\x81.", "only plain data is accepted, no objects"],
    ["Pid\n.", "only plain data is accepted, no objects"],
    ["]}b.", "only exceptions may have a state"],
    ["Vx\n)R.", "only classes can be applied, and only to a tuple"],
    ["]q\x00h\x00a.", "a value is nested too deeply"],
    [`${"]".repeat(70)}${"a".repeat(69)}.`, "a value is nested too deeply"],
    [`]${"2\x86".repeat(40)}.`, "a value has too many parts"],
    [`}q\x00)${"2\x86".repeat(40)}K\x01\x86h\x00\x86.`, "a value has too many parts"],
    [`}${")2\x86".repeat(1)}2\x86K\x01s.`, "unhashable type: 'nested tuple'"],
  ])("refuses %j", (bytes, message) => {
    expect(() => decodePickle(pickle(bytes))).toThrow(PickleError);
    expect(() => decodePickle(pickle(bytes))).toThrow(message);
  });

  test("gives a value or a PickleError for whatever bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), decodesOrRefuses), { numRuns: 3000 });
  });

  test("gives a value or a PickleError for pickles with some bytes changed", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(commandValues, edits, (value, changes) => {
        const bytes = encodePickle(value);
        for (const [place, byte] of changes) {
          bytes[place % bytes.length] = byte;
        }
        decodesOrRefuses(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("encodePickle", () => {
  test("gives back every value", () => {
    fc.assert(
      fc.property(commandValues, (value) => {
        expect(formatPython(decodePickle(encodePickle(value)))).toBe(formatPython(value));
      }),
    );
  });

  test("keeps lone surrogates", () => {
    expect(decodePickle(encodePickle("a\udcffb\u{1f600}\ud800"))).toBe("a\udcffb\u{1f600}\ud800");
  });

  test("carries exceptions in replies", () => {
    const error = new RemoteError("builtins.FileNotFoundError", [2, "No such file or directory", "/x"]);
    const reply = decodePickledReply(encodePickledError(error));
    expect(reply).toEqual(error);
    expect((reply as RemoteError).message).toBe("[Errno 2] No such file or directory: '/x'");
    expect((reply as RemoteError).argsRepr).toBe("(2, 'No such file or directory')");
  });

  test("refuses replies whose exception is none", () => {
    expect(() => decodePickledReply(pickle("(I1\ncos\nsystem\n(Vx\ntRt."))).toThrow(
      "class 'os.system' is not plain data",
    );
  });
});

function decodesOrRefuses(bytes: Uint8Array): void {
  for (const decode of [decodePickle, decodePickledReply]) {
    try {
      decode(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(PickleError);
    }
  }
}
