import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { speaksOfWrapper } from "./wrapped-log";

const make = (text: string) =>
  ({ failregex: [{ text }], ignoreregex: [], maxlines: 1, usedns: "no" }) as const;

it.each([
  String.raw`^\{"log":"<HOST> - .*"POST`,
  String.raw`^{"log":"<HOST>`,
  String.raw`Failed login from <HOST>\\n","stream`,
  String.raw`<HOST> .*\\"GET /admin`,
  String.raw`^\S+ stderr F <HOST> failed`,
  String.raw`^\S+ std(out|err)\s+[FP] <HOST>`,
])("%s is for records as they are", (text) => {
  expect(speaksOfWrapper(make(text))).toBe(true);
});

it.each([
  String.raw`^ failure from <HOST>$`,
  String.raw`FastCGI sent in stderr: "PHP message: .* <HOST>`,
  String.raw`^<HOST> \S+ \S+ "POST /login" 401 .*"$`,
  String.raw`upstream timed out, client: <HOST>`,
])("%s is for plain lines", (text) => {
  expect(speaksOfWrapper(make(text))).toBe(false);
});

const stock = "/etc/fail2ban/filter.d";
it.skipIf(!existsSync(stock))("no stock filter is for records as they are", () => {
  const names = readdirSync(stock).filter((name) => name.endsWith(".conf"));
  const read = (name: string): string => readFileSync(join(stock, name), "utf8").replaceAll(/^#.*/gm, "");
  expect(names.filter((name) => speaksOfWrapper(make(read(name))))).toEqual([]);
});
