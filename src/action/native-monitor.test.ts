import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../platform";
import { NftMonitor } from "./native-monitor";
import type { FirewallEvent } from "./native-watch";

const OWN = 4711;

describe("NftMonitor", () => {
  let folder: string;
  let events: FirewallEvent[];
  let logged: string[];
  let monitor: NftMonitor;
  let end: () => void;

  const follow = (...argv: [string, ...string[]]): void => {
    monitor = new NftMonitor({ argv, clock: systemClock() });
    monitor.own(OWN);
    const listener = { tables: ["inet warder"], changed: (event: FirewallEvent) => events.push(event) };
    end = monitor.subscribe(listener, (text) => logged.push(text));
  };
  /** What the monitor prints, as one generation of a process. */
  const say = async (pid: number, ...lines: string[]): Promise<readonly FirewallEvent[]> => {
    events = [];
    appendFileSync(
      join(folder, "said"),
      [...lines, `# new generation 5 by process ${pid} (nft)`, ""].join("\n"),
    );
    await sleep(150);
    return events;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "warder-monitor-"));
    writeFileSync(join(folder, "said"), "");
    events = [];
    logged = [];
  });
  afterEach(() => {
    end();
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells what others do to a table, and nothing of our own", async () => {
    follow("tail", "-n", "+1", "-f", join(folder, "said"));
    const flush = [
      "delete set inet warder web-v4",
      "delete chain inet warder web-input",
      "delete table inet warder",
    ];
    await sleep(300);
    expect(await say(OWN, ...flush, "delete element inet warder web-v4 { 192.0.2.1 }")).toEqual([]);
    expect(await say(77, "delete table inet other", "delete rule ip warder INPUT handle 7")).toEqual([]);
    expect(await say(77, "add element inet warder web-v4 { 192.0.2.1 timeout 1m expires 1m }")).toEqual([]);
    expect(await say(77, ...flush)).toEqual([{ type: "rules" }]);
    await sleep(1100);
    expect(
      await say(
        77,
        "delete element inet warder web-v4 { 192.0.2.1 timeout 1m expires 56s }",
        "delete element inet warder web-v4 { 192.0.2.2 }",
        "add element inet warder web-v4 { 192.0.2.1 timeout 2m expires 2m }",
      ),
    ).toEqual([{ type: "elements", set: "web-v4", addresses: ["192.0.2.2"] }]);
    await sleep(1100);
    const many = Array.from({ length: 100 }, (_, i) => `delete element inet warder web-v4 { 192.0.2.${i} }`);
    expect(await say(77, ...many)).toEqual([{ type: "elements", set: "web-v4", addresses: undefined }]);
    await sleep(1100);
    expect(await say(77, "add rule inet warder web-input drop")).toEqual([{ type: "unseen" }]);
    await sleep(1100);
    expect(await say(77, "# ERROR: We lost some netlink events!")).toEqual([{ type: "unseen" }]);
  });

  it("calls no more than once a second, and not for nothing", async () => {
    follow("tail", "-n", "+1", "-f", join(folder, "said"));
    await sleep(300);
    const all: FirewallEvent[] = [];
    for (let i = 0; i < 8; i++) {
      all.push(...(await say(77, "delete table inet warder")));
    }
    const last = events;
    await sleep(1100);
    expect(all[0]).toEqual({ type: "rules" });
    expect(all.length).toBeLessThanOrEqual(2);
    expect(last.length).toBeLessThanOrEqual(1);
    events = [];
    await sleep(1100);
    expect(events).toEqual([]);
  });

  it("takes garbage for what it is", async () => {
    follow("tail", "-n", "+1", "-f", join(folder, "said"));
    await sleep(300);
    const garbage = [
      "\u0000\u0001",
      "delete",
      "delete element inet warder",
      "{}".repeat(50_000),
      "# new generation",
    ];
    expect(await say(77, ...garbage)).toEqual([]);
    expect(await say(77, "delete chain inet warder web-input")).toEqual([{ type: "rules" }]);
  });

  it("says once why there is no monitor, tries again, and has everybody look when there is one", async () => {
    const script = join(folder, "nft");
    writeFileSync(script, "#!/bin/sh\necho 'Operation not permitted' >&2; exit 1\n", { mode: 0o755 });
    follow(script);
    await sleep(400);
    expect(monitor.isAwake).toBe(false);
    expect(logged).toEqual([expect.stringContaining("nft monitor: Operation not permitted")]);
    writeFileSync(script, "#!/bin/sh\nexec sleep 100\n", { mode: 0o755 });
    await sleep(1500);
    expect(monitor.isAwake).toBe(true);
    expect(events).toEqual([{ type: "unseen" }]);
    expect(logged).toHaveLength(1);
  });

  it("does without a program that is not there", async () => {
    follow("/nonexistent/nft", "monitor");
    await sleep(300);
    expect(monitor.isAwake).toBe(false);
    expect(logged[0]).toContain("ENOENT");
  });

  it("looks away while much is done, and has everybody look afterwards", async () => {
    follow("tail", "-n", "+1", "-f", join(folder, "said"));
    await sleep(300);
    await monitor.unwatched(() => say(77, "delete table inet warder"));
    expect(events).toEqual([]);
    expect(monitor.isAwake).toBe(true);
    writeFileSync(join(folder, "said"), "");
    await sleep(1500);
    expect(events).toEqual([{ type: "unseen" }]);
    end();
    expect(monitor.isAwake).toBe(false);
  });
});
