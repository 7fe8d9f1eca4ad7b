import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { messageOf } from "../../model";
import { cleanLine } from "./clean-text";
import type { Delivery } from "./notice";
import { DELIVERED } from "./notice";
import { hideSecrets } from "./options";

/** Bytes of an answer that are looked at. */
const LONGEST_ANSWER = 65_536;
const LONGEST_WAIT = 86_400;
/** Whoever set the action up has to do something: try again now and then (seconds). */
const WAIT_FOR_PEOPLE = 600;
const BUSY = new Set([408, 425, 429]);
/** Refusals of this one message. */
const UNWANTED = new Set([400, 406, 413, 415, 422]);

/** One request of the web. */
export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What must not be seen when the server says it again; hidden before anything is cut. */
  readonly secrets?: readonly string[];
}

/** How calls are made. */
export interface HttpManner {
  /** For the whole call, in seconds. */
  readonly timeout: number;
  /** Certificates to trust in place of the system's, PEM. */
  readonly ca?: string;
  /** Whether the certificate of the server is checked. */
  readonly verifies: boolean;
}

/** What a server answered. Header names are in lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Cut after 64 KiB. */
  readonly body: string;
}

/** Calls a server; redirects are not followed. Rejects when there is no answer in time. */
export async function callHttp(call: HttpCall, manner: HttpManner): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(manner.timeout * 1000);
  const options = {
    method: call.method,
    headers: {
      "User-Agent": "warder",
      ...call.headers,
      ...(call.body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(call.body)) }),
    },
    agent: false,
    signal,
  };
  const tls = { rejectUnauthorized: manner.verifies, ...(manner.ca === undefined ? {} : { ca: manner.ca }) };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing =
        call.url.protocol === "https:"
          ? requestHttps(call.url, { ...options, ...tls }, resolve)
          : requestHttp(call.url, options, resolve);
      outgoing.once("error", reject);
      outgoing.end(call.body);
    });
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: hideSecrets(await readAnswer(response), call.secrets ?? []),
    };
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${manner.timeout} seconds`, { cause: error }) : error;
  }
}

/** Calls a server and judges its answer. Reasons name the host only: addresses may hold secrets. */
export async function deliverHttp(call: HttpCall, manner: HttpManner): Promise<Delivery> {
  try {
    return judgeAnswer(await callHttp(call, manner));
  } catch (error) {
    return {
      status: "later",
      reason: `${call.url.host}: ${hideSecrets(describeTrouble(error), call.secrets ?? [])}`,
    };
  }
}

/** Whether an answer means that the message has arrived, may arrive later, or never will. */
function judgeAnswer(answer: HttpAnswer): Delivery {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    return DELIVERED;
  }
  const reason = describeAnswer(answer);
  if (UNWANTED.has(status)) {
    return { status: "refused", reason };
  }
  const after = readRetryAfter(answer) ?? (BUSY.has(status) || status >= 500 ? undefined : WAIT_FOR_PEOPLE);
  return { status: "later", reason, ...(after === undefined ? {} : { after }) };
}

/** The status with the beginning of the body, which is the server's and not to be trusted. */
export function describeAnswer({ status, body }: HttpAnswer): string {
  const text = cleanLine(body.replace(/\s+/g, " ").trim(), 200);
  return `the server answers ${status}${text === "" ? "" : `: ${text}`}`;
}

/** The reason a call failed. */
export function describeTrouble(error: unknown): string {
  return cleanLine(messageOf(error), 300);
}

/** How long a busy server wants to be left alone (seconds): from the header, or from the body as some services do it. */
export function readRetryAfter({ headers, body }: HttpAnswer): number | undefined {
  const header = headers["retry-after"];
  const text = typeof header === "string" ? header.trim() : "";
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : secondsUntil(text);
  const asked = seconds ?? readRetryInBody(body);
  return asked === undefined || !Number.isFinite(asked)
    ? undefined
    : Math.min(Math.max(asked, 1), LONGEST_WAIT);
}

function secondsUntil(date: string): number | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : (time - Date.now()) / 1000;
}

/** `retry_after` (Discord), `parameters.retry_after` (Telegram), `retry_after_ms` (Matrix). */
function readRetryInBody(body: string): number | undefined {
  try {
    const parsed = JSON.parse(body) as {
      readonly retry_after?: unknown;
      readonly retry_after_ms?: unknown;
      readonly parameters?: { readonly retry_after?: unknown };
    } | null;
    const seconds = parsed?.retry_after ?? parsed?.parameters?.retry_after;
    if (typeof seconds === "number") {
      return seconds;
    }
    return typeof parsed?.retry_after_ms === "number" ? parsed.retry_after_ms / 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** What is beyond the limit is thrown away with the connection. */
async function readAnswer(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > LONGEST_ANSWER) {
      response.destroy();
      break;
    }
  }
  return Buffer.concat(parts).subarray(0, LONGEST_ANSWER).toString("utf8");
}
