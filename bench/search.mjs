/**
 * How far `fail2ban-regex` with one failregex is from a program that only searches: ripgrep, or grep -P where that is
 * not there, with an expression for the same lines. CPU time of the whole process on the same log.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTENDERS, makeLog } from "./servers.mjs";

const FAILREGEX = String.raw`^ \S+ sshd\[\d+\]: Failed \S+ for (?:invalid user )?\S+ from <ADDR> port \d+ ssh2$`;
const EXPRESSION = String.raw`^\w+ [ \d]\d [\d:]+ \S+ sshd\[\d+\]: Failed \S+ for (?:invalid user )?\S+ from [\d.a-f:]+ port \d+ ssh2$`;
// The user and system seconds of a command, behind what it wrote.
const METER = `
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.buffer.write(done.stdout)
print("@", used.ru_utime + used.ru_stime)
`;

export function run({ seed, short = false }) {
  const folder = mkdtempSync(join(tmpdir(), "warder-bench-"));
  try {
    const path = join(folder, "auth.log");
    const lines = short ? 6000 : 2_000_000;
    writeFileSync(path, makeLog(lines, seed).text);
    const searcher = spawnSync("rg", ["--version"]).status === 0 ? "rg" : "grep";
    const words = searcher === "rg" ? ["-c", EXPRESSION, path] : ["-cP", EXPRESSION, path];
    const search = measure([searcher, ...words], /^(\d+)$/m);
    const tool = CONTENDERS.find(({ name }) => name === "warder").client.replace(/client$/, "regex");
    const warder = measure([tool, path, FAILREGEX], /(\d+) matched/);
    if (search.found !== warder.found) {
      throw new Error(`seed ${seed}: ${searcher} found ${search.found}, warder ${warder.found}`);
    }
    const name = searcher === "rg" ? "ripgrep" : "grep -P";
    return [
      {
        what: `\`fail2ban-regex\` with one failregex: CPU time, times that of ${name} searching for it`,
        warder: warder.cpu / search.cpu,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(command, pattern) {
  const { stdout } = spawnSync("/usr/bin/python3", ["-c", METER, ...command], { encoding: "utf8" });
  return { cpu: Number(/^@ (\S+)$/m.exec(stdout)?.[1]), found: Number(pattern.exec(stdout)?.[1]) };
}
