import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeScript, TIGHT_LIMITS } from "./script";

function compose(
  command: string,
  values: Readonly<Record<string, string>>,
): ReturnType<typeof composeScript> {
  return composeScript(command, (tag) => (Object.hasOwn(values, tag) ? values[tag] : undefined));
}

describe("composeScript", () => {
  it("writes plain words into the script", async () => {
    const script = await compose("nft add element <ip> <time> <bantime> <family>", {
      ip: "2001:db8::1",
      time: "1795216931.0",
      bantime: "-1",
      family: "None",
    });
    expect(script.text).toBe("nft add element 2001:db8::1 1795216931.0 -1 None");
    expect(script.variables.size).toBe(0);
  });

  it.each([
    "~a",
    "b*b",
    "a b",
    "-rf",
    "!x",
    "x;y",
    "'",
    '"',
    "$(id)",
    "`id`",
    "\\",
    "a\nb",
    "\t",
    "é",
    "<x>",
    "#",
  ])("keeps %j out of the script", async (value) => {
    const script = await compose('printf %s "<F-USER>"', { "F-USER": value });
    expect(script.text).toBe('printf %s "$f2bV_F_user"');
    expect([...script.variables]).toEqual([["f2bV_F_user", value]]);
  });

  it("names variables after their tags, and nothing else can be named", async () => {
    const values = { "ip-host": "*", "F-ID": "*", "F-*": "*", "jail.name": "*", "a=b;c$d": "*" };
    const script = await compose("<ip-host> <F-ID> <F-*> <jail.name> <a=b;c$d>", values);
    expect(script.text).toBe("$f2bV_ip_host $f2bV_F_fid $f2bV_F__ $f2bV_jail_name $f2bV_a_b_c_d");
    expect([...script.variables.keys()].every((name) => /^f2bV_\w+$/.test(name))).toBe(true);
  });

  it("keeps variables of tags apart that differ in punctuation only", async () => {
    const script = await compose("<a-b> <a.b> <a-b>", { "a-b": "$1", "a.b": "$2" });
    expect(script.text).toBe("$f2bV_a_b $f2bV_a_b_ $f2bV_a_b");
    expect([...script.variables.values()]).toEqual(["$1", "$2"]);
  });

  it("ends the name of a variable where a letter follows", async () => {
    expect((await compose("<x>s <x>.", { x: "*" })).text).toBe("${f2bV_x}s $f2bV_x.");
  });

  it("leaves tags alone that nobody knows", async () => {
    expect((await compose("cat <unknown> <in >out", {})).text).toBe("cat <unknown> <in >out");
  });

  it("never looks into a value for tags", async () => {
    const script = await compose("<a>", { a: "<b>", b: "no" });
    expect([script.text, script.variables.get("f2bV_a")]).toEqual(["$f2bV_a", "<b>"]);
  });

  it("fills harmless values in between single quotes, where a variable would not be", async () => {
    expect((await compose("x '<id>' <id>", { id: "raw id" })).text).toBe("x 'raw id' $f2bV_id");
    expect((await compose("x '<id>'", { id: "it's" })).text).toBe("x '$f2bV_id'");
    expect((await compose(`x "it's <id>"`, { id: "raw id" })).text).toBe(`x "it's $f2bV_id"`);
    expect((await compose(String.raw`x \' <id>`, { id: "raw id" })).text).toBe(String.raw`x \' $f2bV_id`);
  });

  it("takes NUL out and cuts what the system would refuse", async () => {
    const script = await compose("<m> <n>", { m: "a\0 b", n: "é ".repeat(500_000) });
    expect(script.variables.get("f2bV_m")).toBe("a b");
    const cut = script.variables.get("f2bV_n") ?? "";
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(64 * 1024);
    expect(cut.startsWith("é é ")).toBe(true);
    expect(cut.endsWith("…[cut]")).toBe(true);
  });

  it("keeps long words out of the script too", async () => {
    const script = await compose("<w>", { w: "x".repeat(1_000_000) });
    expect(script.text).toBe("$f2bV_w");
  });

  it("bounds all values together", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `t${i}`);
    const values = Object.fromEntries(names.map((name) => [name, "; ".repeat(60_000)]));
    const command = names.map((name) => `<${name}>`).join(" ");
    const total = (variables: ReadonlyMap<string, string>): number =>
      [...variables.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    expect(total((await compose(command, values)).variables)).toBeLessThan(600 * 1024);
    const tight = await composeScript(command, (tag) => values[tag], TIGHT_LIMITS);
    expect(total(tight.variables)).toBeLessThan(16 * 1024);
  });

  it("never lets a value change the script (property)", async () => {
    const nasty = fc.string({
      unit: fc.constantFrom(...Array.from("ab1 -;&|$()`'\"\\\n\r\t\0<>*?~#!{}[]=%é")),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(nasty, fc.string()), fc.oneof(nasty, fc.string()), async (user, matches) => {
        const script = await compose('do <F-USER> "<matches>" <matches>', { "F-USER": user, matches });
        const [, first, second, third] = /^do (.*) "(.*)" (.*)$/s.exec(script.text) ?? [];
        for (const word of [first, second, third]) {
          expect(word).toMatch(/^(?:\$f2bV_(?:F_user|matches)|(?:(?!-)[\w.:/@%+,=-]*|-\d+(?:\.\d+)?))$/);
        }
      }),
    );
  });
});
