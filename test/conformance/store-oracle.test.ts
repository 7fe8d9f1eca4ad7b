import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { formatMatch, parseOffender, type Ban, type BanData } from "../../src/model";
import { openStore, type CurrentBansRule, type Store } from "../../src/store";

const PACKAGES = "/usr/lib/python3/dist-packages";
const OLD_FILES = join(PACKAGES, "fail2ban/tests/files");
const ENVIRONMENT = { ...process.env, PYTHONPATH: PACKAGES, PYTHONDONTWRITEBYTECODE: "1" };
const HAS_ORACLE =
  spawnSync("python3", ["-c", "import fail2ban.server.database"], { env: ENVIRONMENT }).status === 0;
const NOW = 1_795_216_931;
const JAILS = ["sshd", "nginx"];
const IDS = ["192.0.2.1", "192.0.2.2", "192.0.2.10", "2001:db8::1", "198.51.100.0/24"];

if (!HAS_ORACLE) {
  console.warn("SKIPPED: the real fail2ban is not installed, databases are not exchanged with it");
}

interface Shown {
  readonly id: string;
  readonly time: number;
  readonly bantime: number;
  readonly bancount: number;
  readonly failures: number;
  readonly matches: readonly string[];
  readonly user: string | null;
}

interface Answer {
  readonly jails: string[];
  readonly logs: string[];
  readonly bans: Readonly<Record<string, Shown[]>>;
  readonly history: Readonly<Record<string, [number, number, number][][]>>;
  readonly merged: Readonly<Record<string, (Shown | null)[]>>;
}

interface Rule {
  readonly increment: boolean;
  readonly bantime: number;
  readonly cap: number | null;
}

const folder = mkdtempSync(join(tmpdir(), "warder-store-oracle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function askOracle(path: string, rule: Rule, more: object = {}): Answer {
  const request = { path, now: NOW, jails: JAILS, ids: IDS, rule, ...more };
  const output = execFileSync("python3", ["-W", "ignore", join(import.meta.dirname, "store-oracle.py")], {
    input: JSON.stringify(request),
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return JSON.parse(output.toString()) as Answer;
}

/** The same questions to our store. */
function askStore(store: Store, rule: Rule): Answer {
  const ours: CurrentBansRule = {
    bantime: rule.bantime,
    ...(rule.cap === null ? {} : { cap: rule.cap }),
    ...(rule.increment || rule.bantime === -1 ? {} : { maxAge: rule.bantime }),
  };
  return {
    jails: store.jailNames(),
    logs: store.logPaths(),
    bans: Object.fromEntries(JAILS.map((jail) => [jail, store.currentBans(jail, NOW, ours).map(show)])),
    history: Object.fromEntries(
      IDS.map((id) => [id, [JAILS[0], undefined].map((jail) => historyOf(store, id, jail))]),
    ),
    merged: Object.fromEntries(
      IDS.map((id) => [id, [undefined, JAILS[0]].map((jail) => showMerged(store.mergedBans(id, jail)))]),
    ),
  };
}

function show({ offender, time, bantime, bancount, data }: Ban): Shown {
  return { id: offender.id, time, bantime, bancount, ...showData(data) };
}

function showData(data: BanData) {
  const user = data.groups.get("user");
  return {
    failures: data.failures,
    matches: data.matches.map(formatMatch),
    user: typeof user === "string" ? user : null,
  };
}

function showMerged(data: BanData | undefined): Shown | null {
  return data ? { id: "", time: 0, bantime: 0, bancount: 0, ...showData(data) } : null;
}

function historyOf(store: Store, id: string, jail: string | undefined): [number, number, number][] {
  const past = store.history(id, jail);
  return past ? [[past.bancount, past.timeofban, 0]] : [];
}

/** What both can be compared by: a merged look-up has no time, a history no length of the last ban. */
function comparable(answer: Answer): Answer {
  return {
    ...answer,
    history: Object.fromEntries(
      Object.entries(answer.history).map(([id, both]) => [
        id,
        both.map((rows) => rows.map(([bancount, time]) => [bancount, time, 0] as [number, number, number])),
      ]),
    ),
    merged: Object.fromEntries(
      Object.entries(answer.merged).map(([id, both]) => [
        id,
        both.map((one) => one && { ...one, id: "", time: 0, bantime: 0, bancount: 0 }),
      ]),
    ),
  };
}

const anyBan = fc.record({
  jail: fc.constantFrom(...JAILS),
  id: fc.constantFrom(...IDS),
  age: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 80_000, max: 200_000 })),
  bantime: fc.constantFrom(-1, 10, 600, 2500, 99_999, 1200.5),
  bancount: fc.integer({ min: 1, max: 5 }),
  failures: fc.integer({ min: 1, max: 9 }),
  user: fc.constantFrom(null, "root", "näh"),
  matches: fc.array(
    fc.oneof(
      fc.constantFrom("a line", "ünï cödé ☃", 'q"uo\\te\ttab'),
      fc.tuple(fc.constant(""), fc.constant("Nov 21"), fc.constant(" x")),
    ),
    { maxLength: 4 },
  ),
});
type AnyBan = typeof anyBan extends fc.Arbitrary<infer Value> ? Value : never;

const anyRule = fc.constantFrom<Rule>(
  { increment: false, bantime: 3000, cap: 3000 },
  { increment: false, bantime: 600, cap: 600 },
  { increment: false, bantime: -1, cap: null },
  { increment: true, bantime: 3000, cap: 3600 },
  { increment: true, bantime: 600, cap: null },
);

function toBan({ jail, id, age, bantime, bancount, failures, user, matches }: AnyBan): Ban {
  const groups = new Map(user === null ? [] : [["user", user]]);
  return {
    jail,
    offender: parseOffender(id),
    time: NOW - age,
    bantime,
    bancount,
    restored: false,
    data: { matches, failures, groups },
  };
}

describe.skipIf(!HAS_ORACLE)("the real fail2ban", () => {
  const cases = fc.sample(
    fc.record({
      rule: anyRule,
      bans: fc.uniqueArray(anyBan, { selector: ({ age }) => age, minLength: 10, maxLength: 35 }),
      maxMatches: fc.constantFrom(10, 3, 1),
      deleted: fc.array(fc.tuple(fc.constantFrom(...JAILS), fc.constantFrom(...IDS)), { maxLength: 2 }),
      purge: fc.boolean(),
      leftOpen: fc.boolean(),
    }),
    { numRuns: 12, seed: 7 },
  );

  it.each(cases.map((one, i) => [i, one] as const))(
    "reads what we wrote, and we what it wrote (%d)",
    async (i, one) => {
      const path = join(folder, `exchange-${i}.sqlite3`);
      const { store } = await openStore(path, NOW);
      store.maxMatches = one.maxMatches;
      JAILS.forEach((jail) => store.addJail(jail));
      store.saveLogPosition("sshd", "/var/log/auth.log", { hash: "abc", position: 10 });
      store.addBans(one.bans.slice(0, 25).map(toBan));
      const ours = askStore(store, one.rule);
      // A file whose writer was killed still has its journal beside it.
      const given = one.leftOpen ? join(folder, `left-${i}.sqlite3`) : path;
      if (one.leftOpen) {
        for (const suffix of ["", "-wal"]) {
          copyFileSync(path + suffix, given + suffix);
        }
      }
      store.close();
      const theirs = askOracle(given, one.rule, { maxMatches: one.maxMatches });
      expect(comparable(theirs)).toEqual(ours);

      const change = {
        maxMatches: one.maxMatches,
        add: one.bans.slice(25).map((ban) => ({ ...ban, time: NOW - ban.age })),
        delete: one.deleted,
        purge: one.purge,
      };
      const later = askOracle(given, one.rule, change);
      const again = await openStore(given, NOW);
      expect(again.opening).toEqual({ kind: "opened" });
      again.store.maxMatches = one.maxMatches;
      expect(askStore(again.store, one.rule)).toEqual(comparable(later));
      again.store.close();
    },
  );

  it("forgets at a purge what we forget", async () => {
    // Bans of the same second have no order of their own.
    const distinct = fc.uniqueArray(anyBan, { selector: ({ age }) => age, minLength: 150, maxLength: 150 });
    const bans = fc.sample(distinct, { numRuns: 1, seed: 3 }).flat();
    const rule = { increment: true, bantime: 600, cap: null };
    const path = join(folder, "purge.sqlite3");
    const { store } = await openStore(path, NOW);
    JAILS.forEach((jail) => store.addJail(jail));
    store.addBans(bans.map(toBan));
    store.close();
    copyFileSync(path, `${path}.theirs`);
    const theirs = askOracle(`${path}.theirs`, rule, { purge: true });
    const again = await openStore(path, NOW);
    JAILS.forEach((jail) => again.store.addJail(jail));
    again.store.purge(NOW, 86_400);
    expect(askStore(again.store, rule)).toEqual(comparable(theirs));
    again.store.close();
  });

  it.each([1, 2])("upgrades its schema version %d as we do", async (version) => {
    const original = join(OLD_FILES, `database_v${version}.db`);
    if (!existsSync(original)) {
      console.warn(`SKIPPED: ${original} is not there`);
      return;
    }
    const ours = join(folder, `v${version}-ours.sqlite3`);
    const theirs = join(folder, `v${version}-theirs.sqlite3`);
    copyFileSync(original, ours);
    copyFileSync(original, theirs);
    askOracle(theirs, { increment: true, bantime: 600, cap: null });
    const { store, opening } = await openStore(ours, NOW);
    expect(opening).toMatchObject({ kind: "upgraded", from: version });
    JAILS.forEach((jail) => store.addJail(jail));
    store.close();
    for (const table of ["logs", "bans", "bips", "fail2banDb"]) {
      expect(dump(ours, table), table).toEqual(dump(theirs, table));
    }
    expect(dump(ours, "sqlite_master", "type, name, tbl_name")).toEqual(
      dump(theirs, "sqlite_master", "type, name, tbl_name"),
    );
  });

  it("has the schema we create, column for column", async () => {
    const ours = join(folder, "schema-ours.sqlite3");
    const theirs = join(folder, "schema-theirs.sqlite3");
    (await openStore(ours, NOW)).store.close();
    askOracle(theirs, { increment: true, bantime: 600, cap: null });
    for (const table of ["jails", "logs", "bans", "bips", "fail2banDb"]) {
      for (const pragma of ["table_info", "index_list", "foreign_key_list"]) {
        expect(dump(ours, `pragma_${pragma}('${table}')`), `${table} ${pragma}`).toEqual(
          dump(theirs, `pragma_${pragma}('${table}')`),
        );
      }
    }
  });
});

/** All rows of a table as Python's SQLite sees them, in a fixed order. */
function dump(path: string, table: string, columns = "*"): unknown {
  const script =
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.text_factory = bytes;" +
    "print('\\n'.join(sorted(repr(r) for r in c.execute(sys.argv[2]))))";
  const output = execFileSync("python3", ["-c", script, path, `SELECT ${columns} FROM ${table}`]);
  return output.toString().split("\n");
}
