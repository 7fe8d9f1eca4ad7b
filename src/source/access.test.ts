import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { adviseFor, groupName } from "./access";

describe("adviseFor", () => {
  it.each([
    [{ mode: 0o640, group: "adm" }, "read", "add the user to group adm"],
    [{ mode: 0o600, group: "root" }, "read", "let a group of the user read it (chgrp GROUP, chmod g+r)"],
    [{ mode: 0o750, group: "systemd-journal" }, "search", "add the user to group systemd-journal"],
    [{ mode: 0o700, group: "root" }, "search", "let a group of the user read it (chgrp GROUP, chmod g+x)"],
    [undefined, "read", "add the user to group adm"],
  ] as const)("%j %s", (owner, right, advice) => {
    expect(adviseFor(owner, right)).toBe(advice);
  });
});

it("knows groups by name where they have one", () => {
  expect(groupName("root:x:0:\nadm:x:4:syslog\n", 4)).toBe("adm");
  expect(groupName("root:x:0:\n", 99)).toBe("99");
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) {
  console.warn("NOT TESTED: what an unprivileged user is told, for lack of root to begin with");
}

describe.skipIf(!isRoot)("an unprivileged user", () => {
  it("is told which right is missing, and reads what a group may read", () => {
    const folder = mkdtempSync(join(tmpdir(), "warder-access-"));
    try {
      chmodSync(folder, 0o755);
      const script = join(folder, "read.cjs");
      const source = join(import.meta.dirname, "index.ts");
      buildSync({
        entryPoints: [source],
        outfile: join(folder, "source.cjs"),
        bundle: true,
        platform: "node",
        format: "cjs",
      });
      writeFileSync(
        script,
        `const { openSource } = require("./source.cjs");
         const say = (text) => { console.log(text); process.exit(0); };
         openSource({ path: process.argv[2] }, {
           block: (block) => say(block.text.trim()),
           event: (event) => event.type === "error" && event.error.code !== "log-not-watched" && say(event.error.code + ": " + event.error.message),
         }).start();
         setTimeout(() => say("nothing"), 5000);`,
      );
      for (const [name, mode] of [
        ["group.log", 0o640],
        ["owner.log", 0o600],
      ] as const) {
        writeFileSync(join(folder, name), "hello\n");
        chmodSync(join(folder, name), mode);
        chownSync(join(folder, name), 0, 4);
      }
      mkdirSync(join(folder, "closed"), { mode: 0o700 });
      writeFileSync(join(folder, "closed", "x.log"), "hello\n");
      const run = (name: string, gid: number): string =>
        spawnSync(process.execPath, [script, join(folder, name)], {
          uid: 65_534,
          gid,
          encoding: "utf8",
        }).stdout.trim();
      expect(run("group.log", 4)).toBe("hello");
      expect(run("group.log", 65_534)).toBe(
        `log-denied: Cannot open log "${folder}/group.log": permission denied. Run as root, or add the user to group adm`,
      );
      expect(run("owner.log", 4)).toContain("let a group of the user read it");
      expect(run("closed/x.log", 4)).toContain(`Folder ${folder}/closed may not be entered`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
