import { expect, it } from "vitest";
import type { ActionSpec } from "../model";
import { isNewsForActions } from "./action-news";

const action = (name: string, properties: Readonly<Record<string, string>>): ActionSpec => ({
  name,
  properties: new Map(Object.entries(properties)),
});
const mail = action("mail", { actionban: "mail it" });

it.each([
  [[mail], [action("mail", { actionban: "mail it" })], false],
  [[mail], [action("mail", { actionban: "mail them" })], true],
  [[mail], [mail, action("web", {})], true],
  [[mail], [], true],
  [[], [], false],
  [[mail], [{ ...mail, script: { file: "a.py", args: "{}" } }], true],
])("%#", (old, next, expected) => {
  expect(isNewsForActions(old, next)).toBe(expected);
});

it("is always news for an action that wants to hear of reloads", () => {
  const wanting = action("x", { actionreload: "echo reloaded" });
  expect(isNewsForActions([wanting], [wanting])).toBe(true);
});
