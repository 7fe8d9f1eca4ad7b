import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOffender } from "../../src/model";
import { openStore, StoreError, type Store } from "../../src/store";
import { loadSqlite } from "../../src/store/sqlite";
import { demand, tolerate, type FuzzTarget } from "../target";

const NOW = 1_795_216_931;
const JAIL = "sshd";
const ID = "192.0.2.1";
const FILES = ["", "-wal", "-shm", "-journal"];
/** Inputs between two pauses. */
const PAUSE_EVERY = 200;
let count = 0;
let folder: string | undefined;
let whole: Buffer | undefined;

/**
 * A file in the place of the database, or what stands in one of its rows: it is used, or set aside with a word about
 * it, and no row makes a ban without an end, a time or an offender.
 */
export const database: FuzzTarget = {
  name: "database",
  seeds: () => [
    Buffer.from("R{}"),
    Buffer.from('R{"matches":["x",["a","b","c"]],"failures":3,"user":"root","ip":"192.0.2.9"}'),
    Buffer.from('R{"matches":{"0":1},"failures":"many","__proto__":[1,"a"]}'),
    Buffer.from("T3\n192.0.2.1\nuser\nline"),
    Buffer.from("F".padEnd(20, "\0")),
    Buffer.from("Fgarbage"),
    ...[0, 16, 56, 100, 4096, 8192].map((at) => Buffer.from([70, at >> 8, at & 255, 0xff, 0x80, 0x7f])),
  ],
  words: [
    '"matches":',
    '"failures":',
    "null",
    "1e999",
    "[[",
    "]]",
    '"user":',
    "SQLite format 3\0",
    "\0\0\0\x01",
    "\x0d",
  ],
  check: async (input) => {
    folder ??= mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    const path = join(folder, "db.sqlite3");
    whole ??= await makeDatabase(path);
    rmSync(folder, { recursive: true, force: true });
    folder = mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    const place = join(folder, "db.sqlite3");
    writeFileSync(place, input[0] === 70 ? damage(whole, input.subarray(1)) : whole);
    if (input[0] !== 70) {
      await putRow(place, input);
    }
    await use(place);
    // What the engine has closed is given back to the system only when others get to work.
    if (++count % PAUSE_EVERY === 0) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  },
  close: () => {
    rmSync(folder ?? "", { recursive: true, force: true });
    folder = undefined;
  },
};

async function use(path: string): Promise<void> {
  let store: Store | undefined;
  try {
    ({ store } = await openStore(path, NOW));
  } catch (error) {
    if (!(error instanceof StoreError)) {
      throw error;
    }
    return;
  }
  try {
    readAll(store);
  } catch (error) {
    if (!(error instanceof StoreError)) {
      throw error;
    }
  } finally {
    tolerate(
      () => store.close(),
      (error) => error instanceof StoreError,
    );
  }
}

function readAll(store: Store): void {
  for (const jail of [...store.jailNames(), JAIL]) {
    for (const ban of store.currentBans(jail, NOW, { bantime: 600 })) {
      demand(
        Number.isFinite(ban.time) && Number.isFinite(ban.bantime),
        `a ban at ${ban.time} for ${ban.bantime}`,
      );
      demand(ban.offender.id !== "" && Number.isFinite(ban.bancount), "a ban of nobody");
    }
    for (const ticket of store.openTickets(jail)) {
      demand(Number.isFinite(ticket.failures), `a ticket of ${ticket.failures} failures`);
    }
    store.logPaths(jail).forEach((path) => store.logPosition(jail, path));
  }
  store.mergedBans(ID);
  store.history(ID);
  store.addJail("new");
  store.addBan(makeBan("198.51.100.1"));
  demand(store.currentBans("new", NOW, { bantime: 600 }).length === 1, "a new ban is lost");
  store.purgeSome(NOW, 1);
}

function makeBan(id: string) {
  const data = { matches: ["a line"], failures: 3, groups: new Map([["user", "x"]]) };
  return {
    jail: "new",
    offender: parseOffender(id),
    time: NOW,
    bantime: 600,
    bancount: 1,
    restored: false,
    data,
  };
}

async function makeDatabase(path: string): Promise<Buffer> {
  const { store } = await openStore(path, NOW);
  store.addJail(JAIL);
  for (let i = 1; i < 60; i += 1) {
    store.addBan({ ...makeBan(`192.0.2.${i}`), jail: JAIL });
  }
  store.saveLogPosition(JAIL, "/var/log/x", { hash: "0123", position: 77 });
  store.close();
  return readFileSync(path);
}

/** Writes the bytes behind the first two at the place that those say, again and again through the file if asked to. */
function damage(file: Buffer, input: Buffer): Buffer {
  if (input.length < 3 || input.length > 600) {
    return input;
  }
  const damaged = Buffer.from(file);
  const at = (input.readUInt16BE(0) * 3) % damaged.length;
  const part = input.subarray(2);
  const step = (input[0] ?? 0) % 4 === 0 ? 4096 : damaged.length;
  for (let place = at; place < damaged.length; place += step) {
    part.copy(damaged, place);
  }
  return (input[1] ?? 0) % 8 === 0 ? damaged.subarray(0, at) : damaged;
}

async function putRow(path: string, input: Buffer): Promise<void> {
  const open = await loadSqlite();
  const db = new open(path);
  const value = input.subarray(1);
  const words = value.toString("latin1").split(",");
  const number = Number(words[0]);
  const odd = [value, value.toString("utf8"), Number.isFinite(number) ? number : null, null];
  const odder = (i: number) => odd[(value[i] ?? 0) % odd.length] ?? null;
  const run = (sql: string, ...values: readonly unknown[]): void => {
    tolerate(
      () => void db.prepare(sql).run(...(values as never[])),
      () => true,
    );
  };
  const insert = "(jail, ip, timeofban, bantime, bancount, data) VALUES(?, ?, ?, ?, ?, ?)";
  run(`INSERT OR REPLACE INTO bips${insert}`, JAIL, odder(0), odder(1), odder(2), odder(3), value);
  run(`INSERT OR REPLACE INTO bips${insert}`, JAIL, ID, NOW, 600, 1, value.toString("utf8"));
  run(`INSERT INTO bans${insert}`, JAIL, ID, NOW, odder(4), odder(5), value);
  run(
    "INSERT OR REPLACE INTO logs(jail, path, firstlinemd5, lastfilepos) VALUES(?, ?, ?, ?)",
    JAIL,
    "/x",
    odder(0),
    odder(1),
  );
  const ticket =
    "INSERT OR REPLACE INTO warder_tickets(jail, ip, first, last, retry, data) VALUES(?, ?, ?, ?, ?, ?)";
  run(ticket, JAIL, odder(0), odder(1), odder(2), odder(3), value);
  db.close();
  demand(
    FILES.some((end) => existsSync(path + end)),
    "no file",
  );
}
