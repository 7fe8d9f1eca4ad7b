import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfiguration } from "./index";

const folder = mkdtempSync(join(tmpdir(), "warder-scripts-"));
mkdirSync(join(folder, "action.d"));
for (const name of ["mine.mjs", "other.py", "smtp.py"]) {
  writeFileSync(join(folder, "action.d", name), "");
}
writeFileSync(join(folder, "fail2ban.conf"), "[Definition]\n");
writeFileSync(join(folder, "log"), "");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(action: string, directory = folder) {
  writeFileSync(
    join(folder, "jail.conf"),
    `[j]\nenabled = true\nfilter =\nfailregex = ^ <HOST>$\nlogpath = ${folder}/log\naction = ${action}\n`,
  );
  const { stream, problems } = readConfiguration({ directory, version: "1" });
  const command = stream.map((entry) => entry.command).find((words) => words[2] === "addaction");
  return { command: command?.slice(3), messages: problems.map(({ message }) => message).join("\n") };
}

describe("actions that are programs", () => {
  it("are named by their file and its arguments, a module by its full path", () => {
    const { command, messages } = read('mine.mjs[word="a b", actname=own]', relative(process.cwd(), folder));
    expect(command).toEqual(["own", join(folder, "action.d/mine.mjs"), '{"word": "a b"}']);
    expect(messages).not.toContain("mine.mjs");
    expect(read("mine.mjs").command?.[0]).toBe("mine");
  });

  it("cost the jail when the file is not there", () => {
    const { command, messages } = read("gone.mjs");
    expect(command).toBeUndefined();
    expect(messages).toContain(`Unable to read action 'gone.mjs' (there is no ${folder}/action.d/gone.mjs)`);
  });

  it("are told of when they are written in Python, but for smtp.py", () => {
    expect(read("other.py").messages).toContain("other.py is written in Python, which cannot be run here");
    expect(read("smtp.py[host=localhost:25]")).toMatchObject({
      command: ["smtp", `${folder}/action.d/smtp.py`, '{"host": "localhost:25"}'],
    });
    expect(read("smtp.py").messages).not.toContain("Python");
  });
});
