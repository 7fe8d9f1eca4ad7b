import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionSpec, ActionValue } from "../../src/model";

/** Name and properties of a stock action as fail2ban's own client compiles them. */
type Compiled = readonly [name: string, properties: readonly (readonly [string, ActionValue])[]];

const COMPILE = `
import ast, json, subprocess, sys
out = subprocess.run(["fail2ban-client", "-c", sys.argv[1], "-d"], capture_output=True, text=True)
found = []
for line in out.stdout.splitlines():
    try: entry = ast.literal_eval(line)
    except (ValueError, SyntaxError): continue
    if entry[0] == "multi-set" and entry[2] == "action": found.append([entry[3], entry[4]])
json.dump(found, sys.stdout)
if not found: sys.stderr.write(out.stderr); sys.exit(1)
`;

/** Compiles action lines such as `nftables[name=demo, port=ssh]` of a tree with the installed fail2ban-client. */
export function compileActions(lines: readonly string[], tree = "/etc/fail2ban"): readonly ActionSpec[] {
  const folder = mkdtempSync(join(tmpdir(), "warder-actions-"));
  try {
    for (const entry of ["action.d", "filter.d", "fail2ban.conf", "paths-common.conf"]) {
      spawnSync("ln", ["-s", `${tree}/${entry}`, join(folder, entry)]);
    }
    const action = lines.join("\n  ");
    const jail = `[demo]\nenabled = true\nbackend = polling\nfilter =\nlogpath = ${folder}/log\naction = ${action}\n`;
    writeFileSync(join(folder, "jail.conf"), jail);
    writeFileSync(join(folder, "log"), "");
    const run = spawnSync("/usr/bin/python3", ["-c", COMPILE, folder], { encoding: "utf8" });
    if (run.status !== 0) {
      throw new Error(`Cannot compile ${lines.join(" ")}: ${run.stderr}`);
    }
    return (JSON.parse(run.stdout) as readonly Compiled[]).map(([name, properties]) => ({
      name,
      properties: new Map(properties),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
