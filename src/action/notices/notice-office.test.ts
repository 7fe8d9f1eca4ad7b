import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../platform/fake-clock.testing";
import type { ActionOperation, ActionOutcome } from "../action";
import { actionKey } from "./notice";
import { makeFacts } from "./notice.testing";
import { NoticeOffice } from "./notice-office";
import type { ThreadReply, ThreadRequest } from "./thread-messages";
import type { OptionTexts } from "./options";
import { startWebServer, type WebServer } from "./web-server.testing";

let web: WebServer;
let folder: string;
let clock: FakeClock;

beforeEach(async () => {
  web = await startWebServer();
  folder = mkdtempSync(join(tmpdir(), "warder-office-"));
  clock = new FakeClock();
});
afterEach(async () => {
  await web.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An office with what it logged. */
class Office {
  readonly lines: string[] = [];
  readonly #waiting = new Map<number, (outcome: ActionOutcome) => void>();
  readonly #office = new NoticeOffice({
    clock,
    queuePath: join(folder, "queue"),
    reply: (reply) => this.#take(reply),
  });
  #next = 1;

  open(jail: string, options: OptionTexts = {}, kind = "webhook"): Promise<ActionOutcome> {
    const all = {
      url: web.url,
      gather: "5",
      burst: "1",
      per: "60",
      body: '{"t": "<title>", "x": "<text>"}',
      actname: "hook",
      ...options,
    };
    const action = { jail, name: "hook", host: "srv", kind, options: all };
    return this.#ask({ type: "open", call: 0, key: actionKey(jail, "hook"), action });
  }

  run(jail: string, operation: ActionOperation, ip?: string, restored = false): Promise<ActionOutcome> {
    const facts = ip === undefined ? {} : { facts: makeFacts({ ip, restored, time: clock.now() }) };
    return this.#ask({ type: "run", call: 0, key: actionKey(jail, "hook"), operation, ...facts });
  }

  close(jail: string): Promise<ActionOutcome> {
    return this.#ask({ type: "close", call: 0, key: actionKey(jail, "hook") });
  }

  async end(): Promise<ActionOutcome> {
    const ended = this.#ask({ type: "end", call: 0, seconds: 3 });
    return ended;
  }

  #ask(request: ThreadRequest): Promise<ActionOutcome> {
    const call = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(call, resolve);
      this.#office.handle({ ...request, call });
    });
  }

  #take(reply: ThreadReply): void {
    if (reply.type === "log") {
      this.lines.push(`${reply.level} ${reply.text}`);
    } else {
      this.#waiting.get(reply.call)?.(reply.outcome);
    }
  }
}

const titles = () => web.requests.map(({ body }) => (JSON.parse(body) as { readonly t: string }).t);

describe("the office of notices", () => {
  it("tells of what is asked for only, and never of restored bans", async () => {
    const office = new Office();
    await office.open("sshd");
    for (const operation of ["start", "unban", "reban", "prolong", "flush", "stop", "check"] as const) {
      expect(await office.run("sshd", operation, "192.0.2.1")).toEqual({ status: "skipped" });
    }
    expect(await office.run("sshd", "ban", "192.0.2.1", true)).toEqual({ status: "skipped" });
    expect(await office.run("sshd", "ban", "192.0.2.2")).toEqual({ status: "applied" });
    clock.advance(5);
    await expect.poll(titles).toEqual(["sshd: banned 192.0.2.2 from srv"]);
  });

  it("makes one message of what several jails tell one receiver", async () => {
    const office = new Office();
    await office.open("sshd");
    await office.open("web");
    await office.run("sshd", "ban", "192.0.2.1");
    await office.run("web", "ban", "192.0.2.1");
    clock.advance(5);
    await expect.poll(titles).toEqual(["1 offender banned on srv (sshd, web)"]);
  });

  it("has a brake for each receiver", async () => {
    const office = new Office();
    await office.open("sshd");
    await office.open("web", { url: `${web.url}/other` });
    await office.run("sshd", "ban", "192.0.2.1");
    await office.run("web", "ban", "192.0.2.1");
    clock.advance(5);
    await expect.poll(() => web.requests.length).toBe(2);
  });

  it("delivers after a crash what was confirmed, with the settings of now", async () => {
    const dead = new Office();
    await dead.open("sshd", { url: "http://127.0.0.1:1/" });
    await dead.run("sshd", "ban", "192.0.2.1");
    const office = new Office();
    await office.open("web");
    clock.advance(60);
    expect(web.requests).toEqual([]);
    await office.open("sshd");
    clock.advance(5);
    await expect.poll(titles).toEqual(["sshd: banned 192.0.2.1 from srv"]);
    await expect.poll(() => readFileSync(join(folder, "queue"), "utf8")).toBe("");
  });

  it("sends what waits to the new receiver when a reload names another", async () => {
    const office = new Office();
    await office.open("sshd", { url: "http://127.0.0.1:1/" });
    await office.run("sshd", "ban", "192.0.2.1");
    clock.advance(5);
    await expect.poll(() => office.lines.join()).toContain("ECONNREFUSED");
    await office.run("sshd", "ban", "192.0.2.2");
    await office.open("sshd");
    clock.advance(5);
    await expect.poll(titles).toEqual(["2 offenders banned on srv (sshd)"]);
  });

  it("delivers what a stopped jail had to tell", async () => {
    const office = new Office();
    await office.open("sshd", { events: "ban, stop" });
    await office.run("sshd", "ban", "192.0.2.1");
    await office.run("sshd", "stop");
    await office.close("sshd");
    expect(await office.run("sshd", "ban", "192.0.2.3")).toEqual({ status: "skipped" });
    clock.advance(5);
    await expect.poll(titles).toEqual(["1 offender banned, 1 jail stopped on srv (sshd)"]);
  });

  it("sends at the end what it can, and keeps the rest", async () => {
    const office = new Office();
    await office.open("sshd");
    await office.open("web", { url: "http://127.0.0.1:1/" });
    await office.run("sshd", "ban", "192.0.2.1");
    await office.run("web", "ban", "192.0.2.2");
    expect(await office.end()).toEqual({ status: "applied" });
    expect(titles()).toEqual(["sshd: banned 192.0.2.1 from srv"]);
    expect(office.lines.at(-1)).toBe(
      "WARNING 1 notices are not delivered; they are sent after the next start",
    );
    expect(readFileSync(join(folder, "queue"), "utf8")).toContain("192.0.2.2");
  });

  it("counts what there is no room for", async () => {
    const office = new Office();
    await office.open("sshd", { queue: "2" });
    const runs = Array.from({ length: 500 }, (_, at) => office.run("sshd", "ban", `198.51.100.${at % 250}`));
    await Promise.all(runs);
    clock.advance(5);
    await expect.poll(titles).toEqual(["2 offenders banned, 498 more on srv (sshd)"]);
  });

  it("drops, and says so, what no action wants any more", async () => {
    const dead = new Office();
    await dead.open("gone");
    await dead.run("gone", "ban", "192.0.2.1");
    clock.jump(4 * 86_400);
    const office = new Office();
    await office.open("sshd");
    expect(office.lines).toEqual(["ERROR 1 notices of actions that are no more are dropped"]);
    await expect.poll(() => readFileSync(join(folder, "queue"), "utf8")).toBe("");
  });

  it.each<[OptionTexts, string, string]>([
    [{ events: "ban, lunch" }, "webhook", "events are some of"],
    [{ gather: "-1" }, "webhook", "gather is a time from 0"],
    [{ burst: "0" }, "webhook", "burst is a number from 1"],
    [{}, "pigeon", "native = pigeon is not known"],
    [{}, "abuseipdb", "token or token_file is missing"],
  ])("says what is wrong with %j", async (options, kind, message) => {
    expect(await new Office().open("sshd", options, kind)).toMatchObject({
      status: "failed",
      message: expect.stringContaining(message) as string,
    });
  });

  it("names no secret address in its log", async () => {
    const office = new Office();
    await office.open("sshd", { url: `http://127.0.0.1:1/services/<token>`, token: "T0/B0/xyzzy" });
    await office.run("sshd", "ban", "192.0.2.1");
    clock.advance(5);
    await expect.poll(() => office.lines.join()).toContain("not delivered");
    expect(office.lines.join()).not.toMatch(/xyzzy|services/);
  });
});
