import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runConfigShow } from ".";

const TREE = {
  "fail2ban.conf": "[Definition]\n",
  "filter.d/f.conf":
    "[INCLUDES]\nbefore = part.conf\n[Definition]\nfailregex = %(part)s\n  ^two <HOST>$\nmaxlines = 2\n",
  "filter.d/part.conf": "[DEFAULT]\npart = ^one <HOST>$\n",
  "action.d/a.conf": "[Definition]\nactionban = add <ip>\n  and <port>\n[Init]\nport = 1\n",
  "jail.conf":
    "[DEFAULT]\nbantime = 10m\nbanaction = a\nthe_action = %(banaction)s[port=2]\n[j]\nfilter = f\naction = %(the_action)s\nport = 22\n",
  "jail.d/x.conf": "[j]\nbantime = 1h\n",
  "jail.local": "[j]\nbantime = 2h\n[broken]\nenabled = 1\nfilter = gone\n",
};

describe("runConfigShow", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "show-"));
    for (const [name, text] of Object.entries(TREE)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const show = (jail: string, option?: string, json = false) => {
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      unicode: true,
    };
    const request = { directory: root, jail, json, ...(option !== undefined && { option }) };
    const status = runConfigShow(request, io);
    const tidy = (text: string) => text.replaceAll(`${root}/`, "").replaceAll(/ {2,}(?=\S*:\d)/g, "  ");
    return { status, lines: tidy(out).split("\n").slice(0, -1), err: tidy(err) };
  };

  it("shows all that a jail sets, switched off or not, with every place", () => {
    const { status, lines } = show("j");
    expect(status).toBe(0);
    for (const line of [
      "jail j",
      "  enabled = false",
      "  bantime = 2h  jail.local:2, over 2 others",
      "  port = 22  jail.conf:8",
      "filter f  ".trim(),
      "  maxlines = 2  filter.d/f.conf:6",
      "      ^one <HOST>$  filter.d/part.conf:2",
      "      ^two <HOST>$  filter.d/f.conf:5",
      "action a  jail.conf:4",
      "      add <ip>  action.d/a.conf:2",
      "  port = 2  jail.conf:4",
    ]) {
      expect(lines).toContain(line);
    }
  });

  it("shows one option with the places it overrides, the one in effect first", () => {
    expect(show("j", "BanTime").lines).toEqual([
      "jail j",
      "  bantime = 2h  jail.local:2",
      "      set at jail.local:2 in [j]: 2h",
      "      over at jail.d/x.conf:2 in [j]: 1h",
      "      over at jail.conf:2 in [DEFAULT]: 10m",
    ]);
  });

  it("follows the options that a value refers to", () => {
    expect(show("j", "action").lines).toEqual([
      "jail j",
      "  action = a[port=2]  jail.conf:7",
      "      set at jail.conf:7 in [j]: %(the_action)s",
      "  the_action = a[port=2]  jail.conf:4",
      "      set at jail.conf:4 in [DEFAULT]: %(banaction)s[port=2]",
      "  banaction = a  jail.conf:3",
      "      set at jail.conf:3 in [DEFAULT]: a",
    ]);
  });

  it("finds options of filter and actions, and those that are set nowhere", () => {
    expect(show("j", "failregex").lines.slice(0, 2)).toEqual(["filter f", "  failregex ="]);
    expect(show("j", "actionban").lines).toContain("      and 2");
    expect(show("j", "port").lines.filter((line) => !line.startsWith(" "))).toEqual([
      "jail j",
      "",
      "action a",
    ]);
    expect(show("j", "findtime").lines).toEqual([
      "jail j",
      "  findtime = 600",
      "      built in, set nowhere",
    ]);
  });

  it("gives the same facts as JSON", () => {
    expect(JSON.parse(show("j", "bantime", true).lines.join("\n"))).toEqual([
      {
        part: "jail j",
        option: "bantime",
        value: "2h",
        places: ["jail.local:2"],
        chain: [
          { section: "DEFAULT", text: "10m", place: "jail.conf:2" },
          { section: "j", text: "1h", place: "jail.d/x.conf:2" },
          { section: "j", text: "2h", place: "jail.local:2" },
        ],
      },
    ]);
  });

  it("tells what is wrong with the jail and gives 1", () => {
    const { status, err } = show("broken");
    expect(status).toBe(1);
    expect(err).toContain("jail.local:5: ");
    expect(err).toContain("gone");
  });

  it.each([
    ["k", undefined, 'There is no jail "k"; there are 2: j, broken'],
    ["borken", undefined, 'is "broken" meant?'],
    ["j", "bantme", 'Jail "j" has no option "bantme"; is "bantime" meant?'],
    ["j", "x", 'Jail "j" has no option "x"'],
    ["INCLUDES", undefined, "There is no jail"],
  ])("refuses %s %s", (jail, option, message) => {
    expect(() => show(jail, option)).toThrow(message);
  });

  it("says why nothing can be read", () => {
    writeFileSync(join(root, "jail.local"), "nonsense\n");
    expect(() => show("j")).toThrow("jail.local:1: ");
  });
});
