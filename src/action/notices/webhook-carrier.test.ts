import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.testing";
import type { Delivery } from "./notice";
import { makeBatch } from "./notice.testing";
import { Options, type OptionTexts } from "./options";
import { startWebServer, type WebAnswer, type WebServer } from "./web-server.testing";
import { WebhookCarrier } from "./webhook-carrier";

const folder = mkdtempSync(join(tmpdir(), "warder-webhook-"));
const actions = join(dirname(fileURLToPath(import.meta.url)), "../../../config/action.d");
let web: WebServer;

beforeEach(async () => {
  web = await startWebServer();
});
afterEach(() => web.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function send(options: OptionTexts, batch = makeBatch()): Promise<Delivery> {
  return new WebhookCarrier(
    new Options({ url: `${web.url}/hook`, timeout: "5", ...options }),
    "host.example",
  ).carry(batch);
}

const reasonOf = (delivery: Delivery): string => ("reason" in delivery ? delivery.reason : "");

/** The [Init] values of a shipped action with those of the webhook beneath. */
function preset(name: string, changes: OptionTexts): OptionTexts {
  const read = (file: string): OptionTexts =>
    Object.fromEntries(
      readFileSync(join(actions, `warder-${file}.conf`), "utf8")
        .split("\n")
        .flatMap((line) => {
          const [, key, value] = /^([a-z]\w*) = ?(.*)$/.exec(line) ?? [];
          return key === undefined || key.startsWith("action") ? [] : [[key, value ?? ""]];
        }),
    );
  return { ...read("webhook"), ...read(name), ...changes };
}

describe("webhooks", () => {
  it("send a title and a text as JSON", async () => {
    expect(await send({ lines: "matches" })).toEqual({ status: "delivered" });
    const [request] = web.requests;
    expect(request).toMatchObject({ method: "POST", path: "/hook" });
    expect(request?.headers["content-type"]).toBe("application/json");
    const body = JSON.parse(request?.body ?? "") as Readonly<Record<string, string>>;
    expect(body["title"]).toBe("sshd: banned 192.0.2.1 from host.example");
    expect(body["text"]).toContain("first line\nsecond line");
  });

  it("fill templates, headers and addresses, each in its own way", async () => {
    await send(
      {
        url: `${web.url}/a/<ip>?q=<jail>`,
        headers: "Authorization: Bearer <token>\nX-Jail: <jail>",
        token: "s3cret",
        body: '{"n": <failures>, "who": "<F-USER>", "own": "<channel>", "no": "<token>"}',
        channel: 'a"b',
      },
      makeBatch({ jail: 'x"\r\nEvil: 1&y', tags: { "F-USER": 'r"oot\u0000' } }),
    );
    const [request] = web.requests;
    expect(request?.path).toBe("/a/192.0.2.1?q=x%22%5Cx0d%5Cx0aEvil:%201%26y");
    expect(request?.headers["authorization"]).toBe("Bearer s3cret");
    expect(request?.headers["evil"]).toBeUndefined();
    expect(JSON.parse(request?.body ?? "")).toEqual({ n: 5, who: 'r"oot\\x00', own: 'a"b', no: "<token>" });
  });

  it.each([
    ["slack", { token: "T0/B0/x" }, "POST", "/services/T0/B0/x", undefined],
    ["discord", { token: "1/x" }, "POST", "/api/webhooks/1/x", undefined],
    ["telegram", { token: "12:AB", chat: "-100" }, "POST", "/bot12:AB/sendMessage", undefined],
    [
      "matrix",
      { token: "t", room: "!r:example.org" },
      "PUT",
      "/_matrix/client/v3/rooms/!r:example.org/send/m.room.message/warder-7-1795221613000",
      "Bearer t",
    ],
    ["ntfy", { token: "t", topic: "bans" }, "POST", "/", "Bearer t"],
    ["ntfy", { topic: "bans" }, "POST", "/", undefined],
    ["gotify", { token: "t" }, "POST", "/message", undefined],
  ] as const)("have ready settings for %s", async (...[name, changes, method, path, authorization]) => {
    const options = preset(name, { ...changes, server: web.url });
    const url = (options["url"] ?? "").replace(/^https:\/\/[a-z.]+/, web.url);
    const evil = '@everyone <!channel> **x** [a](http://e) " \\ \u202e';
    expect(await send({ ...options, url, lines: "matches" }, makeBatch({ matches: [evil] }))).toEqual({
      status: "delivered",
    });
    const [request] = web.requests;
    expect(request).toMatchObject({ method, path });
    expect(request?.headers["authorization"]).toBe(authorization);
    if (name === "gotify") {
      expect(request?.headers["x-gotify-key"]).toBe("t");
    }
    const body = request?.body ?? "";
    expect(JSON.parse(body)).toBeTypeOf("object");
    expect(body).toContain("192");
    expect(body).not.toContain("\u202e");
    const called = { slack: "<!channel>", discord: "@everyone", telegram: "@everyone" }[name as string];
    expect(body).not.toContain(called ?? "\u0000");
  });

  it("call nobody: Discord and Matrix are told so", () => {
    const bodyOf = (name: string) =>
      JSON.parse((preset(name, {})["body"] ?? "").replace(/<\w+>/g, "")) as unknown;
    expect(bodyOf("discord")).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(bodyOf("matrix")).toMatchObject({ "m.mentions": {} });
  });

  it("are no longer than the receiver takes", async () => {
    const matches = Array.from({ length: 50 }, () => "x".repeat(500));
    await send({ lines: "matches", longest: "1000" }, makeBatch({ matches }));
    const { text } = JSON.parse(web.requests[0]?.body ?? "") as { readonly text: string };
    expect(text.length).toBeLessThanOrEqual(1000);
  });

  it.each<[string, WebAnswer, unknown]>([
    ["too many", { status: 429, headers: { "Retry-After": "77" } }, { status: "later", after: 77 }],
    [
      "too many, as Telegram says it",
      { status: 429, body: '{"parameters":{"retry_after":5}}' },
      { status: "later", after: 5 },
    ],
    [
      "too many, as Matrix says it",
      { status: 429, body: '{"retry_after_ms":2500}' },
      { status: "later", after: 2.5 },
    ],
    ["a wait without sense", { status: 429, headers: { "Retry-After": "9e99" } }, { status: "later" }],
    [
      "a very long wait",
      { status: 503, headers: { "Retry-After": "99999999" } },
      { status: "later", after: 86_400 },
    ],
    ["a broken server", { status: 503 }, { status: "later" }],
    ["a wrong token", { status: 401 }, { status: "later", after: 600 }],
    ["a hook that is gone", { status: 404 }, { status: "later", after: 600 }],
    [
      "another address",
      { status: 302, headers: { Location: "http://127.0.0.1:1/" } },
      { status: "later", after: 600 },
    ],
    ["a refused text", { status: 400, body: "bad\u001b[2J\ntext" }, { status: "refused" }],
  ])("understand %s", async (_, answer, expected) => {
    web.answer = () => answer;
    const { reason, ...rest } = (await send({})) as { readonly reason: string };
    expect(rest).toEqual(expected);
    expect(reason).toContain(`answers ${answer.status}`);
    expect(reason).not.toMatch(/\p{C}/u);
    expect(web.requests).toHaveLength(1);
  });

  it("wait no longer than they may, and take no more than they need", async () => {
    web.answer = () => undefined;
    const before = performance.now();
    expect(reasonOf(await send({ timeout: "1" }))).toContain("no answer within 1 seconds");
    expect(performance.now() - before).toBeLessThan(2500);
    web.answer = () => ({ status: 500, body: "x".repeat(5_000_000) });
    expect(reasonOf(await send({})).length).toBeLessThan(400);
  });

  it("tell of a refused connection without the secret of the address", async () => {
    await web.stop();
    const delivery = await send({ url: `${web.url}/services/<token>`, token: "T0/B0/xyzzy" });
    expect(delivery.status).toBe("later");
    expect(reasonOf(delivery)).toContain("ECONNREFUSED");
    expect(reasonOf(delivery)).not.toMatch(/xyzzy|services/);
  });

  it("keep a token to themselves that the server repeats", async () => {
    web.answer = ({ path }) => ({ status: 500, body: `cannot post ${path}` });
    expect(reasonOf(await send({ url: `${web.url}/hook/<token>`, token: "T0/B0/xyzzy" }))).not.toContain(
      "xyzzy",
    );
  });

  it("check certificates", async () => {
    const certificate = makeCertificate();
    writeFileSync(join(folder, "ca"), certificate.cert);
    await web.stop();
    web = await startWebServer(certificate);
    expect(reasonOf(await send({}))).toMatch(/self.signed/);
    expect(web.requests).toEqual([]);
    expect((await send({ ca_file: join(folder, "ca") })).status).toBe("delivered");
  });

  it.each<[OptionTexts, string]>([
    [{ url: "" }, "url is missing"],
    [{ url: "ftp://x" }, "url is no address"],
    [{ url: "http://hooks.example.org/<token>", token: "x" }, "url has to begin with https://"],
    [{ body: "{" }, "body is no JSON"],
    [{ headers: "no header" }, "a line of headers"],
    [{ style: "html" }, "style is one of"],
    [{ method: "GET" }, "method is one of"],
  ])("refuse %j", (options, message) => {
    const usual = { url: `${web.url}/hook` };
    expect(() => new WebhookCarrier(new Options({ ...usual, ...options }), "h")).toThrow(message);
  });
});
