import { expect, test } from "vitest";
import { parseIp } from "../model";
import { createBan } from "./fakes.testing";
import { NativeElements } from "./native-elements";

const TEXT = "192.0.2.1";
const USUAL = createBan(TEXT, { time: 1000, bantime: 600 });
const USER = createBan("a user", { ip: TEXT, time: 1000, bantime: 900 });
const ip = parseIp(TEXT) ?? expect.unreachable();

test("an address is blocked until the last of the bans behind it ends", () => {
  const elements = new NativeElements();
  elements.add(ip, USER);
  elements.add(ip, USUAL);
  expect(elements.idsOf(TEXT)).toEqual(["a user", TEXT]);
  expect([...elements.current(1700)]).toEqual([{ ip, end: 1900 }]);
  expect([...elements.current(1900)]).toEqual([]);
  elements.add(ip, { ...USUAL, bantime: -1 });
  expect(elements.idsOf(TEXT)).toEqual(["a user", TEXT]);
  expect(elements.get(TEXT)).toEqual({ ip, end: Infinity });
  elements.remove(TEXT, TEXT);
  expect(elements.get(TEXT)).toEqual({ ip, end: 1900 });
  elements.remove(TEXT, "a user");
  expect(elements.get(TEXT)).toBeUndefined();
});

test("an address goes back to what it was", () => {
  const elements = new NativeElements();
  const before = elements.moment(ip);
  expect(elements.addAll([USUAL, createBan("nobody")])).toEqual([USUAL]);
  const between = elements.moment(ip);
  elements.add(ip, { ...USUAL, bantime: 9000 });
  elements.restore(between);
  expect(elements.get(TEXT)?.end).toBe(1600);
  elements.restore(before);
  expect(elements.get(TEXT)).toBeUndefined();
});
