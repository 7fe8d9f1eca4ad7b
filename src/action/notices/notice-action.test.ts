import { describe, expect, it } from "vitest";
import type { ActionSpec } from "../../model";
import { createBanTarget } from "../ban-tags";
import { createBan, createSpec, createWorld } from "../fakes.testing";
import { NoticeAction } from "./notice-action";
import { ThreadHost } from "./thread-host";
import type { ThreadReply, ThreadRequest } from "./thread-messages";

/** An action whose thread answers as told; without `answer` it never does. */
function make(spec: ActionSpec, answer?: (request: ThreadRequest) => ThreadReply) {
  const requests: ThreadRequest[] = [];
  const listeners: ((reply: ThreadReply) => void)[] = [];
  const world = createWorld();
  const port = {
    post(request: ThreadRequest): void {
      requests.push(request);
      const reply = answer?.(request);
      if (reply) {
        listeners.forEach((listener) => listener(reply));
      }
    },
    onReply: (listener: (reply: ThreadReply) => void) => void listeners.push(listener),
    onExit: () => undefined,
    kill: () => Promise.resolve(),
  };
  const host = new ThreadHost({ start: () => port, log: world.log, revives: true });
  return { action: new NoticeAction(spec, world, host), requests, world };
}

const applied = ({ call }: ThreadRequest): ThreadReply => ({
  type: "done",
  call,
  outcome: { status: "applied" },
});
const MAIL = createSpec("warder-mail", {
  native: "mail",
  actionban: "sendmail …",
  sender: "root@<fq-hostname>",
  lines: "matches",
});
const target = (ip: string) =>
  createBanTarget(
    createBan(ip, {
      data: { matches: [["a ", "date", " b"]], failures: 2, groups: new Map([["user", "x"]]) },
    }),
    createWorld(),
  );

describe("an action that tells of bans", () => {
  it("does not wait for its thread to start", async () => {
    const { action, requests } = make(MAIL);
    expect(await action.start()).toEqual({ status: "applied" });
    expect(requests.map(({ type }) => type)).toEqual(["open", "run"]);
    void action.ban(target("192.0.2.1"));
    expect(requests.map(({ type }) => type)).toEqual(["open", "run", "run"]);
    expect(await action.flush()).toEqual({ status: "skipped" });
  });

  it("hands over plain data, and none of its shell commands", async () => {
    const { action, requests } = make(
      { ...MAIL, properties: new Map([...MAIL.properties, ["body", "<F-USER> <ip-host> <ip-rev>"]]) },
      applied,
    );
    await action.start();
    await action.ban(target("192.0.2.1"));
    const [open, , run] = requests;
    expect(open).toMatchObject({
      action: { jail: "demo", host: "host.example", kind: "mail", options: { sender: "root@host.example" } },
    });
    expect(JSON.stringify(open)).not.toContain("sendmail");
    expect(run).toMatchObject({
      operation: "ban",
      facts: {
        ip: "192.0.2.1",
        failures: 2,
        matches: ["a date b"],
        tags: { "F-USER": "x", "ip-rev": "1.2.0.192." },
      },
    });
    expect(structuredClone(run)).toEqual(run);
  });

  it("takes lines of earlier bans where they are wanted", async () => {
    const { action, requests } = make(
      { ...MAIL, properties: new Map([...MAIL.properties, ["lines", "ipmatches"]]) },
      applied,
    );
    await action.start();
    const merged = () => ({ matches: ["an old line", "a new one"], failures: 9 });
    const { lookups } = createWorld();
    await action.ban(
      createBanTarget(createBan("192.0.2.1"), createWorld({ lookups: { ...lookups, merged } })),
    );
    expect(requests.at(-1)).toMatchObject({ facts: { matches: ["an old line", "a new one"] } });
  });

  it("is no bigger than it may be, whatever a line has", async () => {
    const { action, requests } = make(
      { ...MAIL, properties: new Map([...MAIL.properties, ["body", "<F-USER>"]]) },
      applied,
    );
    await action.start();
    const data = {
      matches: Array.from({ length: 500 }, () => "x".repeat(100_000)),
      failures: 2,
      groups: new Map([["user", "u".repeat(1_000_000)]]),
    };
    await action.ban(createBanTarget(createBan("192.0.2.1", { data }), createWorld()));
    expect(JSON.stringify(requests.at(-1)).length).toBeLessThan(60_000);
  });

  it("says what is wrong with its settings, and bans go on", async () => {
    const message = "smtp_port is a number";
    const { action, world } = make(MAIL, ({ call }) => ({
      type: "done",
      call,
      outcome: { status: "failed", message },
    }));
    await action.start();
    await expect
      .poll(() => world.lines)
      .toEqual([`ERROR actions Failed to start jail 'demo' action 'warder-mail': ${message}`]);
    expect(await action.ban(target("192.0.2.1"))).toEqual({ status: "skipped" });
    expect(await action.stop()).toEqual({ status: "skipped" });
  });

  it("shows no ban as in force that Cloudflare could not be asked for", async () => {
    const spec = createSpec("cf", { native: "cloudflare" });
    const { action } = make(spec, ({ call }) => ({
      type: "done",
      call,
      outcome: { status: "failed", message: "no token" },
    }));
    await action.start();
    expect(await action.ban(target("192.0.2.1"))).toMatchObject({ status: "failed" });
    await Promise.resolve();
    expect(await action.ban(target("192.0.2.1"))).toMatchObject({ status: "failed" });
    expect([action.norestored, make(MAIL).action.norestored]).toEqual([false, true]);
  });

  it("takes a broken argument list of smtp.py for what it is", async () => {
    const { action, world, requests } = make({
      name: "smtp",
      properties: new Map(),
      script: { file: "/x/smtp.py", args: "{" },
    });
    await action.start();
    await expect.poll(() => world.lines.join()).toContain("no JSON object");
    expect(requests).toEqual([]);
  });
});
