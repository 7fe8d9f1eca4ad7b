import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeScript } from "../../src/action";
import { demand, demandSame, type FuzzTarget } from "../target";

/** The tag bare, within both kinds of quotes, in a substitution and in a here-document. */
const SCRIPT = `printf '%s\\0' "<F-USER>" "<matches>"; printf '%s\\0' <fid> '<fid>' >/dev/null
: "\`: '<F-USER>'\`" "$(: <matches> '<matches>')" \\<F-USER> <F-USER>x
cat >/dev/null <<END
<matches>
END
`;
let folder: string | undefined;

/** Values of tags, divided by newlines of CRLF: the shell gets them as data, and nothing of them is run. */
export const actions: FuzzTarget = {
  name: "actions",
  seeds: () =>
    [
      "$(touch canary)\r\n`touch canary`\r\nx",
      "'; touch canary; '\r\n\"; touch canary; \"\r\n-rf",
      "<F-USER>\r\n<matches>\r\n~!",
    ].map((text) => Buffer.from(text)),
  words: [
    "$(touch canary)",
    "`touch canary`",
    "'",
    '"',
    "\\",
    "\n",
    "; touch canary;",
    "END\ntouch canary\n",
    "\r\n",
    "|",
    "&",
    "> canary",
    "${IFS}",
    "$f2bV_F_user",
    "<F-USER>",
    "<ip>",
    "!",
    "~",
    "-e ",
    "#",
    "\u2028",
    "é",
    "*",
    "[a-z]",
    "{a,b}",
  ],
  check: async (input) => {
    const [user = "", matches = "", fid = ""] = input.toString("utf8").slice(0, 20_000).split("\r\n");
    const values: Readonly<Record<string, string>> = { "F-USER": user, matches, fid };
    const { text, variables } = await composeScript(SCRIPT, (name) => values[name]);
    folder ??= mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    const env = { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(variables) };
    const { stdout, stderr, status } = spawnSync("sh", ["-c", text], { cwd: folder, env, timeout: 5000 });
    const found = stdout.toString("utf8").split("\0");
    demand(status === 0, `the shell ended with ${status}: ${stderr.toString("utf8").slice(0, 300)}`);
    demandSame(found.slice(0, 2), [user, matches].map(clean), "the shell got other values");
    demandSame(readdirSync(folder), [], "something was run");
  },
  close: () => {
    rmSync(folder ?? "", { recursive: true, force: true });
    folder = undefined;
  },
};

/** A C string has no NUL. */
function clean(text: string): string {
  return text.replaceAll("\0", "");
}
