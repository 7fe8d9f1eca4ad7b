import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";

/** A mail that has arrived. Header names are in lower case; `text` is the first readable part, decoded. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly raw: string;
  readonly isEncrypted: boolean;
}

/** What goes wrong, and how often: for ever unless `times` says otherwise. */
export interface Refusal {
  readonly at: "mail" | "rcpt" | "data";
  readonly code: number;
  readonly times?: number;
  /** Only for this address, at `rcpt`. */
  readonly only?: string;
}

export interface MailServerOptions {
  /** The port; a free one when absent. */
  readonly port?: number;
  /** Certificate and key, PEM: for STARTTLS, or from the beginning with `secure`. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly secure?: boolean;
  /** The password of the user `joe`; without it nobody can log in. */
  readonly password?: string;
  /** Takes connections and says nothing, or takes a mail and does not confirm it. */
  readonly stall?: "greeting" | "data";
  readonly refusal?: Refusal;
}

/** A real mail server on loopback that keeps what it gets. */
export interface MailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** Log-ins that were tried. */
  readonly logins: string[];
  stop(): Promise<void>;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  return options.stall === "greeting" ? startMute(options.port ?? 0) : startTalking(options);
}

async function startMute(port: number): Promise<MailServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket));
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    mails: [],
    logins: [],
    stop: () => {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function startTalking(options: MailServerOptions): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const logins: string[] = [];
  const refuse = makeRefuser(options.refusal);
  const hidden = [...(options.tls ? [] : ["STARTTLS"]), ...(options.password === undefined ? ["AUTH"] : [])];
  const server = new SMTPServer({
    secure: options.secure ?? false,
    ...options.tls,
    disabledCommands: hidden,
    authOptional: options.password === undefined,
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, callback) => {
      logins.push(`${username} ${password}`);
      const isRight = username === "joe" && password === options.password;
      callback(isRight ? null : new Error("wrong"), isRight ? { user: "joe" } : undefined);
    },
    onMailFrom: ({ address }, _session, callback) => callback(refuse("mail", address)),
    onRcptTo: ({ address }, _session, callback) => callback(refuse("rcpt", address)),
    onData: (stream, session, callback) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const error = refuse("data", "");
        if (options.stall === "data") {
          return;
        }
        if (!error) {
          mails.push(readMail(session, Buffer.concat(parts).toString("utf8")));
        }
        callback(error);
      });
    },
  });
  server.on("error", () => undefined);
  await listen(server, options.port ?? 0);
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, logins, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

function readMail({ envelope, secure }: SMTPServerSession, raw: string): ReceivedMail {
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  const to = envelope.rcptTo.map(({ address }) => address);
  return { from, to, raw, ...parseMail(raw), isEncrypted: secure };
}

function listen(server: Server | SMTPServer, port: number): Promise<void> {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
}

function makeRefuser(refusal: Refusal | undefined) {
  let left = refusal?.times ?? Number.POSITIVE_INFINITY;
  return (at: Refusal["at"], address: string): Error | null => {
    const isMeant =
      refusal?.at === at && (refusal.only === undefined || refusal.only === address) && left > 0;
    if (!isMeant) {
      return null;
    }
    left--;
    return Object.assign(new Error("not like this"), { responseCode: refusal.code });
  };
}

function parseMail(raw: string): Pick<ReceivedMail, "headers" | "text"> {
  const { headers, body } = splitMail(raw);
  const boundary = /boundary="?([^";]+)"?/.exec(headers["content-type"] ?? "")?.[1];
  const first = boundary === undefined ? undefined : body.split(`--${boundary}`)[1]?.replace(/^\r\n/, "");
  const part = first === undefined ? { headers, body } : splitMail(first);
  return { headers, text: decode(part.body, part.headers["content-transfer-encoding"] ?? "") };
}

function splitMail(raw: string) {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  return { headers: Object.fromEntries(headers) as Record<string, string>, body: raw.slice(end + 4) };
}

function decode(body: string, encoding: string): string {
  if (encoding === "base64") {
    return Buffer.from(body, "base64").toString("utf8");
  }
  if (encoding !== "quoted-printable") {
    return body.replaceAll("\r\n", "\n");
  }
  const bytes = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\r\n", "\n");
}
