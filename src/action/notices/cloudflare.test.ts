import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../platform";
import { FakeClock } from "../../platform/fake-clock.testing";
import { CloudflareAction } from "./cloudflare";
import { makeFacts } from "./notice.testing";
import type { OptionTexts } from "./options";
import { startWebServer, type ReceivedRequest, type WebAnswer, type WebServer } from "./web-server.testing";

interface Rule {
  readonly id: string;
  readonly mode: string;
  readonly notes: string;
  readonly configuration: { readonly target: string; readonly value: string };
}

/** What Cloudflare does with access rules, as far as it matters here. */
class FakeCloudflare {
  rules: Rule[] = [];
  /** Answers this instead, as long as it is set. */
  trouble: WebAnswer | undefined;
  #next = 1;

  answer({ method, path, body }: ReceivedRequest): WebAnswer {
    if (this.trouble) {
      return this.trouble;
    }
    const url = new URL(path, "http://x");
    if (method === "POST") {
      return this.#create(JSON.parse(body) as Omit<Rule, "id">);
    }
    if (method === "DELETE") {
      const id = url.pathname.split("/").at(-1);
      const isThere = this.rules.some((rule) => rule.id === id);
      this.rules = this.rules.filter((rule) => rule.id !== id);
      return isThere ? say({ success: true, result: { id } }) : { status: 404, body: '{"success":false}' };
    }
    return this.#list(url.searchParams);
  }

  #create(rule: Omit<Rule, "id">): WebAnswer {
    if (this.rules.some(({ configuration }) => configuration.value === rule.configuration.value)) {
      return {
        status: 400,
        body: JSON.stringify({ success: false, errors: [{ code: 10009, message: "duplicate" }] }),
      };
    }
    const id = `id${this.#next++}`;
    this.rules.push({ ...rule, id });
    return say({ success: true, result: { ...rule, id } });
  }

  #list(query: URLSearchParams): WebAnswer {
    const value = query.get("configuration.value");
    const found = this.rules
      .filter(({ notes }) => notes.includes(query.get("notes") ?? ""))
      .filter(({ configuration }) => value === null || configuration.value === value);
    const [page, size] = [Number(query.get("page")), Number(query.get("per_page"))];
    const result = found.slice((page - 1) * size, page * size);
    return say({ success: true, result, result_info: { total_pages: Math.ceil(found.length / size) } });
  }
}

const say = (body: unknown): WebAnswer => ({ body: JSON.stringify(body) });

let web: WebServer;
let cloudflare: FakeCloudflare;
let logged: string[];

beforeEach(async () => {
  web = await startWebServer();
  cloudflare = new FakeCloudflare();
  logged = [];
  web.answer = (request) => cloudflare.answer(request);
});
afterEach(() => web.stop());

function open(options: OptionTexts = {}, clock = systemClock()): CloudflareAction {
  const all = { url: `${web.url}/client/v4`, token: "t0ken", zone: "z1", timeout: "2", ...options };
  const action = { jail: "web", name: "cf", host: "srv", kind: "cloudflare", options: all };
  return new CloudflareAction(action, clock, (level, text) => logged.push(`${level} ${text}`));
}

const facts = (ip: string) => makeFacts({ ip });
const values = () => cloudflare.rules.map(({ configuration }) => configuration.value);
const foreign = (value: string, mode = "block", notes = "mine"): Rule => ({
  id: `f-${value}`,
  mode,
  notes,
  configuration: { target: "ip", value },
});

describe("Cloudflare", () => {
  it("blocks with a ban and lets go with an unban", async () => {
    const action = open();
    expect(await action.run("start")).toEqual({ status: "applied" });
    expect(await action.run("ban", facts("192.0.2.1"))).toEqual({ status: "applied" });
    await action.run("ban", facts("2001:db8::1"));
    await action.run("ban", facts("198.51.100.0/24"));
    expect(cloudflare.rules.map(({ configuration }) => configuration.target)).toEqual([
      "ip",
      "ip6",
      "ip_range",
    ]);
    expect(cloudflare.rules[0]).toMatchObject({ mode: "block", notes: "warder web on srv" });
    expect(web.requests[1]).toMatchObject({
      method: "POST",
      path: "/client/v4/zones/z1/firewall/access_rules/rules",
    });
    expect(web.requests[1]?.headers["authorization"]).toBe("Bearer t0ken");
    expect(await action.run("unban", facts("192.0.2.1"))).toEqual({ status: "applied" });
    expect(values()).toEqual(["2001:db8::1", "198.51.100.0/24"]);
    action.close();
  });

  it("finds its rules again after a restart, on many pages, and removes those of bans that ended meanwhile", async () => {
    const clock = new FakeClock();
    const notes = "warder web on srv";
    cloudflare.rules = Array.from({ length: 250 }, (_, at) => foreign(`198.51.100.${at}`, "block", notes));
    cloudflare.rules.push(foreign("192.0.2.200", "block", `${notes}2`), foreign("192.0.2.201"));
    const action = open({}, clock);
    await action.run("start");
    expect(web.requests).toHaveLength(3);
    expect(await action.run("ban", facts("198.51.100.7"))).toEqual({ status: "applied" });
    expect(web.requests).toHaveLength(3);
    clock.advance(301);
    await expect.poll(() => values().length, { timeout: 10_000 }).toBe(3);
    expect(values()).toEqual(["198.51.100.7", "192.0.2.200", "192.0.2.201"]);
    action.close();
  });

  it("removes no rule of anybody else", async () => {
    cloudflare.rules = [foreign("192.0.2.1"), foreign("192.0.2.2", "whitelist")];
    const action = open();
    await action.run("start");
    expect(await action.run("ban", facts("192.0.2.1"))).toEqual({ status: "applied" });
    expect(await action.run("ban", facts("192.0.2.2"))).toMatchObject({ status: "failed" });
    await action.run("unban", facts("192.0.2.1"));
    await action.run("stop");
    expect(values()).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("takes all its rules back at a stop", async () => {
    const action = open();
    await action.run("start");
    await Promise.all([1, 2, 3].map((part) => action.run("ban", facts(`192.0.2.${part}`))));
    expect(await action.run("flush")).toEqual({ status: "applied" });
    expect(values()).toEqual([]);
    expect(await action.run("stop")).toEqual({ status: "applied" });
  });

  it("says that a ban is not in force, goes on trying, and brings the last state about", async () => {
    const clock = new FakeClock();
    const action = open({}, clock);
    await action.run("start");
    cloudflare.trouble = { status: 429, headers: { "Retry-After": "120" }, body: "slow down t0ken" };
    const outcome = await action.run("ban", facts("192.0.2.1"));
    expect(outcome).toMatchObject({ status: "failed", message: expect.stringContaining("429") as string });
    expect(await action.run("ban", facts("192.0.2.2"))).toMatchObject({ status: "failed" });
    void action.run("unban", facts("192.0.2.2"));
    const { length } = web.requests;
    cloudflare.trouble = undefined;
    clock.advance(119);
    expect(web.requests).toHaveLength(length);
    clock.advance(2);
    await expect.poll(values).toEqual(["192.0.2.1"]);
    expect(logged[0]).toContain("The next attempt is in 120 seconds");
    action.close();
  });

  it("goes on after a reload, in the same place or in another", async () => {
    const first = open();
    await first.run("start");
    await first.run("ban", facts("192.0.2.1"));
    const second = open({ timeout: "3" });
    second.takeOver(first);
    expect(await second.run("unban", facts("192.0.2.1"))).toEqual({ status: "applied" });
    expect(values()).toEqual([]);
    await second.run("ban", facts("192.0.2.2"));
    const third = open({ notes: "other notes" });
    third.takeOver(second);
    await expect.poll(() => cloudflare.rules.map(({ notes }) => notes)).toEqual(["other notes"]);
    third.close();
  });

  it("keeps the rules of bans in force when its thread has died", async () => {
    const clock = new FakeClock();
    const dead = open({}, clock);
    await dead.run("start");
    await dead.run("ban", facts("192.0.2.1"));
    dead.close();
    const action = open({}, clock);
    await action.resume();
    clock.advance(1000);
    await action.run("ban", facts("192.0.2.2"));
    expect(values()).toEqual(["192.0.2.1", "192.0.2.2"]);
    await action.run("unban", facts("192.0.2.1"));
    expect(values()).toEqual(["192.0.2.2"]);
    action.close();
  });

  it("gives up what Cloudflare will never take", async () => {
    const action = open();
    expect(await action.run("ban", facts("192.0.2.0/25"))).toMatchObject({ status: "failed" });
    expect(await action.run("ban", facts("root; rm -rf"))).toMatchObject({ status: "failed" });
    expect(web.requests).toEqual([]);
    cloudflare.trouble = { status: 400, body: '{"success":false,"errors":[{"code":10001}]}' };
    expect(await action.run("ban", facts("192.0.2.3"))).toMatchObject({ status: "failed" });
    cloudflare.trouble = undefined;
    expect(await action.run("ban", facts("192.0.2.4"))).toMatchObject({ status: "applied" });
    expect(values()).toEqual(["192.0.2.4"]);
    action.close();
  });

  it("does not wait for ever, and hides its token", async () => {
    web.answer = () => undefined;
    const action = open({ timeout: "1" });
    const before = performance.now();
    expect(await action.run("ban", facts("192.0.2.1"))).toMatchObject({ status: "failed" });
    expect(performance.now() - before).toBeLessThan(3000);
    action.close();
    web.answer = ({ headers }) => ({ status: 403, body: `no: ${headers["authorization"]}` });
    const outcome = await open().run("start");
    expect(JSON.stringify(outcome)).toContain("403");
    expect(JSON.stringify(outcome)).not.toContain("t0ken");
  });

  it.each<[OptionTexts, string]>([
    [{ token: "" }, "token or token_file is missing"],
    [{ zone: "a/../b" }, "zone or account"],
    [{ account: "a1" }, "zone or account"],
    [{ url: "http://api.example.org" }, "https://"],
    [{ mode: "whitelist" }, "mode is one of"],
  ])("refuses %j", (options, message) => {
    expect(() => open(options)).toThrow(message);
  });
});
