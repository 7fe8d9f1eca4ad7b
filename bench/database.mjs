#!/usr/bin/env node
/**
 * What a database of a million bans costs: the questions a daemon asks of it, writes, and clearing old bans away, beside
 * fail2ban's own class on the same file. `node bench/database.mjs [rows]`; needs fail2ban and python3 installed.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const ROWS = Number(process.argv[2] ?? 1_000_000);
const NOW = 1_763_700_000;
const folder = mkdtempSync(join(resolve("node_modules/.cache"), "bench-"));
const path = join(folder, "ours.sqlite3");
const theirs = join(folder, "theirs.sqlite3");

const bundle = join(folder, "store.cjs");
buildSync({
  entryPoints: ["src/store/index.ts"],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  external: ["@photostructure/sqlite", "node:sqlite"],
});
const { openStore } = createRequire(import.meta.url)(bundle);

try {
  const { store: empty } = await openStore(path, NOW);
  empty.addJail("sshd");
  empty.close();
  fill();
  copyFileSync(path, theirs);
  report(await measureOurs(), measureTheirs());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One row in ten is a ban that is still in force; each offender was banned twice. */
function fill() {
  const offender = "'10.' || (i / 131072 % 256) || '.' || (i / 512 % 256) || '.' || (i / 2 % 256)";
  const rows = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS - 1})`;
  const data = `'{"matches": ["Nov 21 02:00:00 host sshd[1]: Failed password for root from 192.0.2.1 port 1 ssh2"], "failures": 5}'`;
  const began = `CASE WHEN i % 10 = 0 THEN ${NOW} - 60 ELSE ${NOW} - 100000 - i % 1000000 END`;
  const script = `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("""${rows} INSERT INTO bans SELECT 'sshd', ${offender}, ${began}, 3600, 1, ${data} FROM n""")
c.execute("INSERT OR REPLACE INTO bips SELECT ip, jail, MAX(timeofban), 3600, COUNT(*), data FROM bans GROUP BY ip, jail")
c.commit()`;
  const { status, stderr } = spawnSync("python3", ["-c", script, path], { encoding: "utf8" });
  if (status !== 0) {
    throw new Error(stderr);
  }
}

function time(work, count = 1) {
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    work(i);
  }
  return (performance.now() - begin) / count;
}

async function measureOurs() {
  const begin = performance.now();
  const { store } = await openStore(path, NOW);
  const open = performance.now() - begin;
  const id = (i) => `10.${i % 3}.${(i * 7) % 256}.${(i * 13) % 256}`;
  const ban = (i) => ({
    jail: "sshd",
    offender: { id: `192.0.2.${i % 256}` },
    time: NOW,
    bantime: 600,
    bancount: 1,
    restored: false,
    data: { matches: ["a line"], failures: 5, groups: new Map() },
  });
  const result = {
    open,
    history: time((i) => store.history(id(i), "sshd"), 1000),
    merged: time((i) => store.mergedBans(id(i), "sshd"), 1000),
    add: time((i) => store.addBan(ban(i)), 500),
    restore: time(() => store.currentBans("sshd", NOW, { bantime: 600 })),
    purge: 0,
    longest: 0,
    megabytes: 0,
  };
  const rest = { isMore: true };
  while (rest.isMore) {
    const step = time(() => {
      rest.isMore = store.purgeSome(NOW, 86_400);
    });
    result.purge += step;
    result.longest = Math.max(result.longest, step);
  }
  store.close();
  result.megabytes = statSync(path).size / 1e6;
  return result;
}

function measureTheirs() {
  const script = join(folder, "theirs.py");
  writeFileSync(
    script,
    `
import json, logging, os, sys, time
sys.path.insert(0, "/usr/lib/python3/dist-packages")
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.ticket import FailTicket
logging.getLogger("fail2ban").setLevel(60)
MyTime.setTime(${NOW})
def timed(work, count=1):
    begin = time.perf_counter()
    for i in range(count): work(i)
    return (time.perf_counter() - begin) * 1000 / count
begin = time.perf_counter()
db = Fail2BanDb(sys.argv[1], purgeAge=86400)
r = {"open": (time.perf_counter() - begin) * 1000}
jail = Jail("sshd", backend="polling", db=db)
db.addJail(jail)
name = lambda i: "10.%d.%d.%d" % (i % 3, i * 7 % 256, i * 13 % 256)
def add(i):
    t = FailTicket("192.0.2.%d" % (i % 256), ${NOW}, matches=["a line"], data={"failures": 5})
    t.setBanTime(600); t.setBanCount(1)
    db.addBan(jail, t)
r["history"] = timed(lambda i: list(db.getBan(name(i), jail)), 1000)
r["merged"] = timed(lambda i: db.getBansMerged(name(i), jail=jail), 1000)
r["add"] = timed(add, 500)
r["restore"] = timed(lambda i: db.getCurrentBans(jail=jail, forbantime=600, fromtime=${NOW}))
r["purge"] = r["longest"] = timed(lambda i: db.purge())
db.close()
r["megabytes"] = os.path.getsize(sys.argv[1]) / 1e6
print(json.dumps(r)); sys.stdout.flush(); os._exit(0)
`,
  );
  const { stdout, stderr } = spawnSync("/usr/bin/python3", [script, theirs], { encoding: "utf8" });
  try {
    return JSON.parse(stdout);
  } catch {
    console.warn(`SKIPPED: fail2ban's side could not be measured: ${stderr.slice(0, 500)}`);
    return {};
  }
}

function report(ours, them) {
  const names = {
    open: "open, ms",
    history: "bans of one offender before, ms",
    merged: "matches of one offender, ms",
    add: "write one ban, ms",
    restore: "all bans in force, at start, ms",
    purge: "clear old bans away, ms",
    longest: "longest time others wait for that, ms",
    megabytes: "size of the file after that, MB",
  };
  console.log(`| ${ROWS.toLocaleString("en")} bans | fail2ban | warder | |\n| --- | ---: | ---: | ---: |`);
  for (const [key, name] of Object.entries(names)) {
    const [a, b] = [them[key], ours[key]];
    const ratio = a === undefined ? "" : `${(a / b).toPrecision(2)} ×`;
    console.log(`| ${name} | ${a?.toPrecision(3) ?? "–"} | ${b.toPrecision(3)} | ${ratio} |`);
  }
}
