import { expect, test } from "vitest";
import { OpenBans } from "./open-bans";

test("a ban is pending from the moment it waits until the actions are done with it", () => {
  const open = new OpenBans();
  open.wait("192.0.2.1");
  open.wait("192.0.2.2");
  expect([open.pending, open.isWaiting("192.0.2.1")]).toEqual([2, true]);
  expect([open.begin("192.0.2.1"), open.begin("192.0.2.1")]).toEqual([true, false]);
  expect([open.pending, open.isWaiting("192.0.2.1")]).toEqual([2, false]);
  open.enter("192.0.2.1");
  open.leave("192.0.2.1");
  expect(open.pending).toBe(2);
  open.leave("192.0.2.1");
  expect(open.pending).toBe(1);
});

test("who is unbanned is pending no more, although the actions are still at it, until banned anew", () => {
  const open = new OpenBans();
  open.enter("192.0.2.1");
  expect(open.end("192.0.2.1")).toBe(false);
  expect([open.pending, open.has("192.0.2.1")]).toEqual([0, true]);
  open.enter("192.0.2.1");
  expect(open.pending).toBe(1);
  open.leave("192.0.2.1");
  expect(open.pending).toBe(1);
  open.end("192.0.2.1");
  open.wait("192.0.2.1");
  expect(open.pending).toBe(1);
  expect(open.end("192.0.2.1")).toBe(true);
  open.leave("192.0.2.1");
  expect([open.pending, open.has("192.0.2.1")]).toEqual([0, false]);
});

test("after the end of all only what the actions are at is left, and none of it counts", () => {
  const open = new OpenBans();
  open.wait("192.0.2.1");
  open.enter("192.0.2.2");
  open.endAll();
  expect([open.pending, open.has("192.0.2.1"), open.has("192.0.2.2")]).toEqual([0, false, true]);
});
