import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A request that has arrived. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a server says; `undefined` says nothing at all. */
export interface WebAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers a request; without one everything is fine. */
export type Answerer = (request: ReceivedRequest) => WebAnswer | undefined;

/** A real server of the web on loopback that keeps what it gets. */
export interface WebServer {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  answer: Answerer;
  stop(): Promise<void>;
}

/** Starts one, with TLS when there is a certificate. */
export async function startWebServer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<WebServer> {
  const web: WebServer = {
    url: "",
    requests: [],
    answer: () => ({}),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const received = { method, path, headers, body: Buffer.concat(parts).toString("utf8") };
      web.requests.push(received);
      const answer = web.answer(received);
      if (answer) {
        response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? "");
      }
    });
  };
  const server = tls ? createSecureServer(tls, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(web, { url: `${tls ? "https" : "http"}://127.0.0.1:${port}` });
}
