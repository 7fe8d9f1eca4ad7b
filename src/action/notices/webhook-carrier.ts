import { ESCAPE_STYLES, escapeFor, type EscapeStyle } from "./escape-style";
import { cleanLines, cleanLine } from "./clean-text";
import { deliverHttp, type HttpManner } from "./http-request";
import { checkTemplate, fillJson, type TagTexts } from "./json-template";
import { readCertificates } from "./mail-settings";
import { batchIps, type Carrier, type Delivery, type NoticeBatch } from "./notice";
import { composeText, type NoticeText } from "./notice-text";
import { fail, hideSecrets, parseSecretUrl, parseUrl, type Options } from "./options";

const MATCHES = { lines: 10, width: 300 };
const ROWS = 20;
const LONGEST_LIST = 20;
/** What everybody may not see, and what makes no sense within itself. */
const PRIVATE = /^(?:token|url|headers|body|.*_file|.*password.*|action.*)$/;
const HEADER = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*)$/;
/** Signs that have no meaning of their own in a path: all others of a value are escaped. */
const PATH_SAFE = /%(?:3A|40|21|24|2C|3B|2A|27|28|29)/gi;

interface WebhookSettings {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly style: EscapeStyle;
  /** Characters of `<text>`. */
  readonly longest: number;
  readonly withMatches: boolean;
  readonly token: () => string;
  readonly fixed: ReadonlyMap<string, string>;
}

/** Sends notices as JSON to an address of the web. */
export class WebhookCarrier implements Carrier {
  readonly gathers = true;
  readonly #host: string;
  readonly #settings: WebhookSettings;
  readonly #manner: HttpManner;

  /** Throws `WarderError` for settings that cannot be used. `host` is the name of this machine. */
  constructor(options: Options, host: string) {
    this.#host = host;
    this.#manner = readHttpManner(options);
    this.#settings = readSettings(options);
  }

  async carry(batch: NoticeBatch): Promise<Delivery> {
    const { url, method, headers, body, token: readToken } = this.#settings;
    let token = "";
    try {
      token = readToken();
      const tags = this.#tags(batch);
      const secretTags = withToken(tags, token);
      const target = parseUrl("url", fillUrl(url, secretTags));
      const call = {
        method,
        url: target,
        headers: {
          "Content-Type": "application/json",
          ...fillHeaders(headers, secretTags, token !== ""),
        },
        body: fillJson(body, tags),
        // The path of many a webhook is its password.
        secrets: [token, target.pathname],
      };
      return await deliverHttp(call, this.#manner);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { status: "later", reason: hideSecrets(reason, [token]), after: 600 };
    }
  }

  /** What the template can name: the batch as a whole, and of its first ban whatever the settings ask for. */
  #tags(batch: NoticeBatch): TagTexts {
    const { style, fixed } = this.#settings;
    const values = new Map([
      ...Object.entries(batch.notices[0]?.facts?.tags ?? {}).map(([name, text]): [string, string] => [
        name,
        cleanLine(text),
      ]),
      ...describeBatch(batch),
      ...this.#texts(batch),
    ]);
    return (name) => {
      const value = values.get(name);
      return value === undefined ? fixed.get(name) : escapeFor(style, value);
    };
  }

  #texts(batch: NoticeBatch): readonly [string, string][] {
    const { longest, withMatches } = this.#settings;
    const text = composeText(batch, {
      host: this.#host,
      rows: ROWS,
      ...(withMatches ? { matches: MATCHES } : {}),
    });
    return [
      ["title", text.title],
      ["text", shorten(text, longest)],
      ["host", this.#host],
      ["fq-hostname", this.#host],
    ];
  }
}

/** Seconds and certificates of calls. Throws `WarderError`. */
export function readHttpManner(options: Options): HttpManner {
  const ca = readCertificates(options);
  return {
    timeout: options.seconds("timeout", 30, [1, 600]),
    verifies: options.isOn("tls_verify", true),
    ...(ca === undefined ? {} : { ca }),
  };
}

function readSettings(options: Options): WebhookSettings {
  const url = options.needed("url", "where shall it be sent to?");
  const token = options.secret("token");
  const fixed = new Map(Object.entries(options.texts).filter(([name]) => !PRIVATE.test(name)));
  const parse = options.hasSecret("token") ? parseSecretUrl : parseUrl;
  parse(
    "url",
    fillUrl(url, (name) => fixed.get(name) ?? "x"),
  );
  const headers = readHeaders(options.text("headers"));
  const body = options.text("body", '{"title": "<title>", "text": "<text>"}');
  const problem = checkTemplate(body);
  if (problem !== undefined) {
    fail(`body is no JSON: ${problem}`);
  }
  return {
    url,
    method: options.choice("method", ["POST", "PUT", "PATCH"], "POST"),
    headers,
    body,
    style: options.choice("style", ESCAPE_STYLES, "plain"),
    longest: options.whole("longest", 3000, [100, 100_000]),
    withMatches: options.text("lines", "no") !== "no",
    token,
    fixed,
  };
}

function readHeaders(text: string): readonly (readonly [string, string])[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [, name, value] = HEADER.exec(line) ?? [];
      return name === undefined || value === undefined
        ? fail("a line of headers is not like Name: value")
        : [name, value];
    });
}

function withToken(tags: TagTexts, token: string): TagTexts {
  return (name) => (name === "token" ? token : tags(name));
}

/** A tag at the beginning is an address itself; any other is a part of a path or query and escaped so. */
function fillUrl(template: string, tags: TagTexts): string {
  return template.trim().replace(/<([A-Za-z][\w.-]*)>/g, (whole, name: string, at: number) => {
    const value = tags(name);
    if (value === undefined) {
      return whole;
    }
    if (at === 0) {
      return value.trim().replace(/\/+$/, "");
    }
    // The token of Slack and of Discord has slashes.
    const parts = name === "token" ? value.split("/") : [value];
    return parts.map((part) => encodeURIComponent(part).replace(PATH_SAFE, decodeURIComponent)).join("/");
  });
}

/** A header for a token is left out where there is none. */
function fillHeaders(
  headers: WebhookSettings["headers"],
  tags: TagTexts,
  hasToken: boolean,
): Readonly<Record<string, string>> {
  const wanted = headers.filter(([, value]) => hasToken || !value.includes("<token>"));
  return Object.fromEntries(wanted.map(([name, value]) => [name, fillHeader(value, tags)]));
}

function fillHeader(template: string, tags: TagTexts): string {
  const filled = template.replace(/<([A-Za-z][\w.-]*)>/g, (whole, name: string) => tags(name) ?? whole);
  // Node refuses what cannot stand in a header; that would be an error forever.
  return filled.replace(/[^\t\x20-\x7e]/g, "?");
}

function describeBatch(batch: NoticeBatch): readonly [string, string][] {
  const [first] = batch.notices;
  const ips = batchIps(batch).map((ip) => cleanLine(ip, 100));
  const jails = [...new Set(batch.notices.map(({ jail }) => cleanLine(jail, 100)))];
  const facts = first?.facts;
  return [
    ["ip", listSome(ips)],
    ["jail", listSome(jails)],
    ["jail.name", listSome(jails)],
    ["name", listSome(jails)],
    ["event", batch.notices.length === 1 ? (first?.event ?? "digest") : "digest"],
    ["count", String(batch.notices.length + batch.omitted)],
    ["omitted", String(batch.omitted)],
    ["txn", `warder-${batch.id}`],
    ["failures", String(facts?.failures ?? 0)],
    ["bantime", String(Math.trunc(facts?.bantime ?? 0))],
    ["bancount", String(facts?.bancount ?? 0)],
    ["time", String(Math.trunc(facts?.time ?? first?.at ?? 0))],
    ["matches", cleanLines(batch.isReduced ? [] : (facts?.matches ?? []), MATCHES).join("\n")],
  ];
}

function listSome(items: readonly string[]): string {
  const more = items.length - LONGEST_LIST;
  return more > 0 ? `${items.slice(0, LONGEST_LIST).join(", ")} and ${more} more` : items.join(", ");
}

function shorten({ lines }: NoticeText, longest: number): string {
  const text = lines.join("\n");
  return text.length > longest ? `${text.slice(0, longest - 2).replace(/\p{Cs}$/u, "")} …` : text;
}
