import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeFor } from "./escape-style";
import { checkTemplate, fillJson, listTags } from "./json-template";

const tags = (values: Readonly<Record<string, string>>) => (name: string) => values[name];

describe("JSON templates", () => {
  it("fills tags within strings and outside", () => {
    const template = '{"text": "<ip> in <jail.name>", "count": <failures>, "who": <ip>}';
    expect(fillJson(template, tags({ ip: "192.0.2.1", "jail.name": "sshd", failures: "5" }))).toBe(
      '{"text":"192.0.2.1 in sshd","count":5,"who":"192.0.2.1"}',
    );
  });

  it("lets no text out of its string, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const filled = fillJson('{"a": "x<t>y", "b": <t>}', tags({ t: text }));
        const parsed = JSON.parse(filled) as { readonly a: string; readonly b: string | number };
        expect(Object.keys(parsed)).toEqual(["a", "b"]);
        expect(parsed.a.replace(/\ufffd/g, "")).toBe(`x${text}y`.replace(/\ufffd/g, ""));
      }),
    );
  });

  it.each([
    ["quotes", '","admin":true,"x":"'],
    ["a backslash at the end", "\\"],
    ["a line break", "\n"],
  ])("keeps %s inside", (_, text) => {
    expect(JSON.parse(fillJson('{"a": "<t>"}', tags({ t: text })))).toEqual({ a: text });
  });

  it("does not fill what a value brings", () => {
    expect(fillJson('{"a": "<t>"}', tags({ t: "<secret>", secret: "s" }))).toBe('{"a":"<secret>"}');
  });

  it("takes an escaped quote in the template for a part of the string", () => {
    expect(fillJson('{"a": "\\"<t>\\""}', tags({ t: "1" }))).toBe('{"a":"\\"1\\""}');
  });

  it("takes line breaks of the configuration within strings", () => {
    expect(fillJson('{"a": "x\ny"}', tags({}))).toBe('{"a":"x\\ny"}');
  });

  it("keeps tags nobody knows as text", () => {
    expect(fillJson('{"a": "<what>"}', tags({}))).toBe('{"a":"<what>"}');
  });

  it("finds what is wrong with a template", () => {
    expect(checkTemplate('{"a": "<t>"}')).toBeUndefined();
    expect(checkTemplate('{"a": "<t>}')).toContain("JSON");
    expect(checkTemplate('{"a": <t><u>}')).toContain("JSON");
    expect(checkTemplate('{"a": 1<t>}')).toContain("JSON");
    expect(listTags("<a> <F-USER> <b.c> < d>")).toEqual(["a", "F-USER", "b.c"]);
  });
});

describe("receivers that take text for commands", () => {
  it.each([
    ["slack", "<!channel> <@U1> & *b*", "&lt;!channel&gt; &lt;@U1&gt; &amp; *\u2060b*\u2060"],
    [
      "discord",
      "@everyone **x** [a](https://e)",
      "@\u2060everyone \\*\\*x\\*\\* \\[a\\]\\(https:\u2060//e\\)",
    ],
    ["telegram", "@admin /start #x", "@\u2060admin /\u2060start #\u2060x"],
    ["plain", "<b> @all", "<b> @all"],
  ] as const)("disarms for %s", (style, text, disarmed) => {
    expect(escapeFor(style, text)).toBe(disarmed);
  });
});
