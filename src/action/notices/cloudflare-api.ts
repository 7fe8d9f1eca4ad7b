import { isIP } from "node:net";
import { parseIp } from "../../model";
import { callHttp, describeAnswer, describeTrouble, readRetryAfter, type HttpManner } from "./http-request";
import { readHttpManner } from "./webhook-carrier";
import { fail, hideSecrets, parseSecretUrl, type Options } from "./options";

/** A rule as Cloudflare lists it, as far as it matters. */
export interface CloudflareRule {
  readonly id: string;
  readonly value: string;
  readonly notes: string;
  readonly mode: string;
}

/** A call that did not work; `after` are the seconds to wait before the next one. */
export class CloudflareTrouble extends Error {
  /** Whether it is about this one rule, so that trying again is of no use. */
  readonly isFinal: boolean;
  readonly after: number;
  readonly codes: readonly number[];

  constructor(message: string, details: Pick<CloudflareTrouble, "isFinal" | "after" | "codes">) {
    super(message);
    this.name = "CloudflareTrouble";
    this.isFinal = details.isFinal;
    this.after = details.after;
    this.codes = details.codes;
  }
}

/** What the answers look like; nothing of it is certain. */
interface Envelope {
  readonly success?: boolean;
  readonly errors?: readonly { readonly code?: number; readonly message?: string }[];
  readonly result?: unknown;
  readonly result_info?: { readonly total_pages?: number };
}

interface RawRule {
  readonly id?: unknown;
  readonly notes?: unknown;
  readonly mode?: unknown;
  readonly configuration?: { readonly value?: unknown };
}

const PER_PAGE = 100;
const MOST_PAGES = 500;
/** Seconds to wait after trouble when the server does not say. */
const WAIT = 30;
const WAIT_FOR_PEOPLE = 600;

/** IP access rules of Cloudflare, by its API of version 4. Every method rejects with `CloudflareTrouble`. */
export class CloudflareApi {
  readonly #base: URL;
  readonly #manner: HttpManner;
  readonly #authorize: () => { readonly headers: Readonly<Record<string, string>>; readonly secret: string };
  readonly #mode: string;

  /** Throws `WarderError` for settings that cannot be used. */
  constructor(options: Options) {
    const api = parseSecretUrl("url", options.text("url", "https://api.cloudflare.com/client/v4"));
    this.#base = new URL(
      `${api.pathname.replace(/\/+$/, "")}/${readScope(options)}/firewall/access_rules/rules`,
      api,
    );
    // A ban is shown as failed after this time, and tried again.
    this.#manner = { ...readHttpManner(options), timeout: options.seconds("timeout", 10, [1, 60]) };
    this.#mode = options.choice("mode", ["block", "challenge", "js_challenge", "managed_challenge"], "block");
    this.#authorize = readAuthorization(options);
  }

  /** Which rules these are: those of this zone, account or user. */
  get place(): string {
    return this.#base.href;
  }

  /** All rules whose notes contain a text. */
  async list(notes: string): Promise<readonly CloudflareRule[]> {
    const rules: CloudflareRule[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { result, result_info: info } = await this.#call("GET", {
        query: { notes, page: String(page), per_page: String(PER_PAGE) },
      });
      const some = Array.isArray(result) ? (result as RawRule[]).flatMap(readRule) : [];
      rules.push(...some);
      if (some.length === 0 || page >= (info?.total_pages ?? Number.POSITIVE_INFINITY)) {
        break;
      }
    }
    return rules;
  }

  /** The rules about one address or network, whoever made them. */
  async find(value: string): Promise<readonly CloudflareRule[]> {
    const query = { "configuration.value": value, page: "1", per_page: String(PER_PAGE) };
    const { result } = await this.#call("GET", { query });
    const rules = Array.isArray(result) ? (result as RawRule[]).flatMap(readRule) : [];
    return rules.filter((rule) => rule.value === value);
  }

  /** Makes a rule and gives its id. */
  async create(value: string, notes: string): Promise<string> {
    const configuration = { target: targetOf(value), value };
    const { result } = await this.#call("POST", { body: { mode: this.#mode, configuration, notes } });
    const id = (result as RawRule | null | undefined)?.id;
    if (typeof id === "string") {
      return id;
    }
    throw new CloudflareTrouble("the answer has no id of the new rule", {
      isFinal: false,
      after: WAIT,
      codes: [],
    });
  }

  /** Deletes a rule; one that is gone already is fine. */
  async remove(id: string): Promise<void> {
    await this.#call("DELETE", { path: `/${encodeURIComponent(id)}`, isGoneFine: true });
  }

  async #call(
    method: string,
    call: {
      readonly path?: string;
      readonly query?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly isGoneFine?: boolean;
    },
  ): Promise<Envelope> {
    const url = new URL(`${this.#base.pathname}${call.path ?? ""}`, this.#base);
    url.search = new URLSearchParams(call.query ?? {}).toString();
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    let secret = "";
    try {
      const authorization = this.#authorize();
      ({ secret } = authorization);
      const headers = { ...authorization.headers, "Content-Type": "application/json" };
      const answer = await callHttp({ method, url, headers, secrets: [secret], ...body }, this.#manner);
      if (call.isGoneFine === true && answer.status === 404) {
        return {};
      }
      return judge(answer);
    } catch (error) {
      if (error instanceof CloudflareTrouble) {
        throw error;
      }
      const message = hideSecrets(describeTrouble(error), [secret]);
      throw new CloudflareTrouble(message, { isFinal: false, after: WAIT, codes: [] });
    }
  }
}

/** What kind of rule an address or network needs; undefined when Cloudflare has none for it. */
export function targetOf(value: string): "ip" | "ip6" | "ip_range" | undefined {
  const [address = "", prefix] = value.split("/");
  const version = isIP(address);
  if (version === 0) {
    return undefined;
  }
  if (prefix === undefined) {
    return version === 6 ? "ip6" : "ip";
  }
  return (version === 6 ? ["32", "48", "64"] : ["16", "24"]).includes(prefix) ? "ip_range" : undefined;
}

function judge(answer: Awaited<ReturnType<typeof callHttp>>): Envelope {
  const envelope = parseEnvelope(answer.body);
  const { status } = answer;
  if (status >= 200 && status < 300 && envelope?.success === true) {
    return envelope;
  }
  const errors = envelope?.errors ?? [];
  const isBusy = status === 429 || status >= 500;
  const isRefused = status === 401 || status === 403 || status === 404;
  throw new CloudflareTrouble(describeAnswer(answer), {
    isFinal: !isBusy && !isRefused && status >= 400,
    after: readRetryAfter(answer) ?? (isRefused ? WAIT_FOR_PEOPLE : WAIT),
    codes: errors.flatMap(({ code }) => (typeof code === "number" ? [code] : [])),
  });
}

function parseEnvelope(body: string): Envelope | undefined {
  try {
    return JSON.parse(body) as Envelope;
  } catch {
    return undefined;
  }
}

/** Addresses in the form we have them, for Cloudflare writes IPv6 in its own. */
function readRule({ id, notes, mode, configuration }: RawRule): readonly CloudflareRule[] {
  const value = configuration?.value;
  return typeof id === "string" && typeof value === "string"
    ? [{ id, value: parseIp(value)?.text ?? value, notes: textOf(notes), mode: textOf(mode) }]
    : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Rules of one zone, of an account with all its zones, or of the user. */
function readScope(options: Options): string {
  const zone = options.text("zone");
  const account = options.text("account");
  const wrong = [zone, account].find((id) => !/^\w*$/.test(id));
  if (wrong !== undefined || (zone !== "" && account !== "")) {
    fail("zone or account is the id of one of them, letters and digits");
  }
  return zone === "" ? (account === "" ? "user" : `accounts/${account}`) : `zones/${zone}`;
}

function readAuthorization(options: Options) {
  if (!options.hasSecret("token")) {
    fail("token or token_file is missing: an API token of Cloudflare that may edit firewall rules");
  }
  const token = options.secret("token");
  const email = options.text("email");
  return () => {
    const secret = token();
    // With the address of an account it is the global key of that account.
    return email === ""
      ? { headers: { Authorization: `Bearer ${secret}` }, secret }
      : { headers: { "X-Auth-Email": email, "X-Auth-Key": secret }, secret };
  };
}
