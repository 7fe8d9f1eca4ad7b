import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { CommandRequest, CommandResult } from "../platform";
import { NftShell } from "./native-nft-shell";

const USUAL: CommandResult = { code: 3, stdout: "usual", stderr: "", timedOut: false, duration: 0 };
const BY_SHELL = { code: 0, stdout: "", stderr: "", timedOut: false };
/** Complains about each line that does not begin with "add", as nft does. */
const NFT = `while IFS= read -r line; do case $line in
  ""|add*) ;;
  slow*) sleep 30 ;;
  die*) exit 9 ;;
  *) printf 'Error: syntax error\\n%s\\n^^^^\\n' "$line" >&2 ;;
esac; done`;

describe("an nft that stays", () => {
  const shells: NftShell[] = [];
  const make = (script = NFT) => {
    const usual: string[] = [];
    const pids: number[] = [];
    const shell = new NftShell({
      argv: ["sh", "-c", script],
      usual: {
        run: (request: CommandRequest) => {
          usual.push(request.script);
          return Promise.resolve(USUAL);
        },
      },
      started: (pid) => pids.push(pid),
    });
    shells.push(shell);
    return { usual, pids, run: (text: string, timeout = 5) => shell.run({ script: text, timeout }) };
  };
  afterEach(() => shells.splice(0).forEach((shell) => shell.close()));

  it("is told one script after the other, and is one process", async () => {
    const { run, usual, pids } = make();
    for (let i = 0; i < 50; i++) {
      expect(await run(`add element ${i}\nadd { ${i} }\n`)).toMatchObject(BY_SHELL);
    }
    expect(usual).toEqual([]);
    expect(new Set(pids).size).toBe(1);
    expect(pids.length).toBeGreaterThanOrEqual(50);
  });

  it("does not have the say when it complains", async () => {
    const { run, usual } = make();
    expect(await run("delete { x }\n")).toEqual(USUAL);
    expect(await run("add { x }\n")).toMatchObject(BY_SHELL);
    expect(usual).toEqual(["delete { x }\n"]);
  });

  it("is another one after it has died, over a script as well", async () => {
    const { run, usual, pids } = make();
    await run("add { x }\n");
    process.kill(pids[0] ?? 0, "SIGKILL");
    await sleep(100);
    expect(await run("add { y }\n")).toMatchObject(BY_SHELL);
    expect(await run("die\n")).toEqual(USUAL);
    expect(await run("add { z }\n")).toMatchObject(BY_SHELL);
    expect(usual).toEqual(["die\n"]);
    expect(new Set(pids).size).toBe(3);
  });

  it("is ended when it takes too long", async () => {
    const { run, usual, pids } = make();
    expect(await run("slow\n", 0.2)).toMatchObject({ signal: "SIGKILL", timedOut: true });
    expect(usual).toEqual([]);
    expect(await run("add { x }\n")).toMatchObject(BY_SHELL);
    expect(new Set(pids).size).toBe(2);
  });

  it.each(["exit 0", "echo 'no interactive mode' >&2; exit 1", "exec /nonexistent/nft"])(
    "is given up where there is none: %s",
    async (script) => {
      const { run, usual, pids } = make(script);
      for (let i = 0; i < 5; i++) {
        expect(await run("add { x }\n")).toEqual(USUAL);
      }
      expect(usual).toHaveLength(5);
      expect(pids).toHaveLength(3);
    },
  );

  it.each([
    "",
    "add { x\n}\n",
    'add { comment "x" }\n',
    "add { x } # y\n",
    "add { \t }\n",
    "add { é }\n",
    `add { ${"x, ".repeat(20_000)} }\n`,
  ])("is not told what it could take otherwise than it is meant", async (script) => {
    const { run, usual } = make();
    expect(await run(script)).toEqual(USUAL);
    expect(usual).toEqual([script]);
  });

  it("ends when it is closed", async () => {
    const { run, pids } = make();
    await run("add { x }\n");
    shells[0]?.close();
    await sleep(100);
    expect(() => process.kill(pids[0] ?? 0, 0)).toThrow(/ESRCH/);
  });
});
