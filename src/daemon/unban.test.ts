import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Logger, systemClock } from "../platform";
import { Daemon } from "./daemon";
import { Reader } from "./reader";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent } from "./reader-messages";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-unban-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A reader in our own thread. */
function startReader(): ReaderPort {
  let tell: (event: ReaderEvent) => void = () => {};
  const reader = new Reader({ clock: systemClock(), post: (event) => tell(event) });
  return {
    post: (request) => reader.handle(request),
    onEvent: (listener) => {
      tell = listener;
    },
    onCrash: () => {},
    end: () => reader.end(),
  };
}

async function startDaemon(): Promise<Daemon> {
  const clock = systemClock();
  const daemon = new Daemon({ startReader, clock, logger: new Logger(clock, join(folder, "log")) });
  const problems = await daemon.load([
    { command: ["set", "dbfile", join(folder, "db.sqlite3")] },
    { command: ["add", "web", "polling"] },
    { command: ["start", "web"] },
  ]);
  expect(problems).toEqual([]);
  return daemon;
}

it("unbans all of a network for good, also over a restart", async () => {
  const first = await startDaemon();
  const ips = ["192.0.2.1", "192.0.2.2", "198.51.100.1"];
  expect(await first.execute(["set", "web", "banip", ...ips])).toBe(3);
  expect(await first.execute(["set", "web", "unbanip", "192.0.2.0/24"])).toBe(2);
  await first.stop();

  const second = await startDaemon();
  expect(await second.execute(["get", "web", "banip"])).toEqual(["198.51.100.1"]);
  await second.stop();
});
