import { ESCAPE_STYLES, escapeFor } from "../../src/action/notices/escape-style";
import { fillJson, checkTemplate } from "../../src/action/notices/json-template";
import { composeText } from "../../src/action/notices/notice-text";
import type { Notice } from "../../src/action/notices/notice";
import { demand, demandSame, tolerate, type FuzzTarget } from "../target";

const TEMPLATE = '{"a": "x <ip> y", "b": <failures>, "c": ["<matches>", <jail>], "x<ip>": 1}';
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Jail, address, log lines and a template, divided by NUL: a notice stays clean text, and JSON stays JSON of its form. */
export const notices: FuzzTarget = {
  name: "notices",
  seeds: () =>
    [
      ["sshd", "192.0.2.1", "Failed password for root", TEMPLATE],
      [
        "sshd\r\nBcc: x@example.com",
        '1","admin":true,"x":"',
        "\x1b[31m\u202e<!channel> @everyone `x` [a](b)",
        "[<a>]",
      ],
    ].map((parts) => Buffer.from(parts.join("\0"))),
  words: [
    '"',
    "\\",
    "\\u",
    "<ip>",
    "<jail>",
    "<matches>",
    "<failures>",
    "{",
    "}",
    ",",
    "\n",
    "\r\n",
    "\u2028",
    "@here",
    "<!here>",
    "*",
    "-0",
    "1e5",
    "NaN",
    "\ud800",
  ],
  check: (input) => {
    const [jail = "", ip = "", matches = "", template = ""] = input.toString("utf8").split("\0");
    checkText(jail, ip, matches.split("\n"));
    const values = new Map([
      ["ip", ip],
      ["jail", jail],
      ["matches", matches],
      ["failures", "3"],
    ]);
    for (const one of [TEMPLATE, template]) {
      checkFilled(one, values);
    }
    const quick = escapeFor("slack", matches);
    demand(!quick.includes("<") && !quick.includes(">"), "a command for Slack");
    demand(
      !/(?<!\\)[*_~`|<]/.test(escapeFor("discord", matches).replaceAll("\\\\", "")),
      "markup for Discord",
    );
    ESCAPE_STYLES.forEach((style) => escapeFor(style, jail));
  },
};

function checkText(jail: string, ip: string, matches: readonly string[]): void {
  const facts = {
    ip,
    fid: ip,
    family: "inet4",
    time: 1.5e9,
    bantime: 600,
    bancount: 2,
    failures: 3,
    restored: false,
    matches,
    tags: {},
  };
  const notice: Notice = { event: "ban", jail, at: 1.5e9, facts };
  for (const list of [[notice], [notice, notice]]) {
    const batch = { notices: list, omitted: 0, isReduced: false, id: "1" };
    const { title, lines } = composeText(batch, {
      host: "host",
      matches: { lines: 20, width: 500 },
      rows: 5,
    });
    demand(
      [title, ...lines].every((line) => !UNSEEN.test(line)),
      "a notice with unseen characters",
    );
    demand(title.length < 1000 && lines.length < 40, "a notice of any length");
  }
}

/** A template that is JSON with plain values is JSON of the same form with any. */
function checkFilled(template: string, values: ReadonlyMap<string, string>): void {
  const isFine = checkTemplate(template) === undefined;
  const filled = tolerate(
    () => fillJson(template, (name) => values.get(name) ?? values.get("matches")),
    (error) => !isFine && error instanceof SyntaxError,
  );
  if (isFine) {
    const plain = fillJson(template, () => "1");
    demandSame(formOf(JSON.parse(filled ?? "")), formOf(JSON.parse(plain)), "the form of JSON");
  }
}

function formOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(formOf);
  }
  return typeof value === "object" && value !== null
    ? Object.values(value)
        .map(formOf)
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : "value";
}
