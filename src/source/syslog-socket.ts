import { createSocket } from "node:dgram";
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { containsIp, parseIp, type Ip } from "../model";
import type { SyslogAddress } from "./syslog-address";
import { SyslogFrames } from "./syslog-frames";

/** Takes messages, one character per byte. While its promise is open nothing more is read of that connection. */
export interface MessageTaker {
  take(messages: readonly string[], sender: string, skippedBytes: number): Promise<void> | undefined;
}

/** An open socket. */
export interface SyslogSocket {
  /** Settles when nothing more comes. */
  close(): Promise<void>;
}

/** Bytes of the longest message that is kept whole: more than a datagram can hold. */
const LONGEST_MESSAGE = 1 << 16;
/** Connections at a time: beyond, the one that has been quiet for longest makes room. */
const MOST_CONNECTIONS = 256;
/** Asked of the kernel, which may give less: what comes while lines are being matched waits there. */
const RECEIVE_BUFFER = 4 << 20;

/** Begins to listen. Rejects with what bind(2) says. */
export function openSyslogSocket(address: SyslogAddress, taker: MessageTaker): Promise<SyslogSocket> {
  return address.type === "udp" ? openDatagrams(address, taker) : openConnections(address, taker);
}

async function openDatagrams(
  address: Exclude<SyslogAddress, { readonly type: "unix" }>,
  taker: MessageTaker,
): Promise<SyslogSocket> {
  const isV6 = address.host.includes(":");
  const socket = createSocket({ type: isV6 ? "udp6" : "udp4", recvBufferSize: RECEIVE_BUFFER });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port: address.port, address: address.host, exclusive: true }, resolve);
  });
  socket.on("error", () => {});
  socket.on("message", (bytes, { address: sender }) => {
    if (isWanted(sender, address.from)) {
      void taker.take([bytes.toString("latin1")], cleanSender(sender), 0);
    }
  });
  return { close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

async function openConnections(
  address: Exclude<SyslogAddress, { readonly type: "udp" }>,
  taker: MessageTaker,
): Promise<SyslogSocket> {
  const connections = new Map<Socket, number>();
  const server = createServer({ keepAlive: true });
  server.on("connection", (socket) => {
    const sender = address.type === "unix" ? "localhost" : (socket.remoteAddress ?? "");
    if (address.type !== "unix" && !isWanted(sender, address.from)) {
      socket.destroy();
      return;
    }
    makeRoom(connections);
    connections.set(socket, performance.now());
    const seen = (): void => void connections.set(socket, performance.now());
    void readConnection(socket, { sender: cleanSender(sender), taker, seen }).finally(() =>
      connections.delete(socket),
    );
  });
  if (address.type === "unix") {
    await removeDead(address.path);
  }
  await listen(server, address);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections.keys()) {
          socket.destroy();
        }
      }),
  };
}

function listen(server: Server, address: Exclude<SyslogAddress, { readonly type: "udp" }>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const place =
      address.type === "unix" ? { path: address.path } : { host: address.host, port: address.port };
    server.listen({ ...place, exclusive: true }, () => {
      server.off("error", reject);
      // A connection that could not be taken (too many files are open) is the sender's to try again.
      server.on("error", () => {});
      try {
        if (address.type === "unix") {
          chmodSync(address.path, address.mode);
        }
        resolve();
      } catch (error) {
        server.close();
        reject(error);
      }
    });
  });
}

async function readConnection(
  socket: Socket,
  { sender, taker, seen }: { sender: string; taker: MessageTaker; seen: () => void },
): Promise<void> {
  const frames = new SyslogFrames(LONGEST_MESSAGE);
  try {
    for await (const bytes of socket) {
      seen();
      const { messages, skippedBytes } = frames.push(bytes as Buffer);
      await taker.take(messages, sender, skippedBytes);
    }
  } catch {
    // The other side has gone; what it had not finished is no message.
  }
}

function makeRoom(connections: Map<Socket, number>): void {
  if (connections.size >= MOST_CONNECTIONS) {
    const [quietest] = [...connections].reduce((a, b) => (b[1] < a[1] ? b : a));
    connections.delete(quietest);
    quietest.destroy();
  }
}

function isWanted(sender: string, from: readonly Ip[]): boolean {
  if (from.length === 0) {
    return true;
  }
  const ip = parseIp(cleanSender(sender));
  return ip !== undefined && from.some((network) => containsIp(network, ip));
}

/** Without zone, and without the prefix of an IPv4 address that came to an IPv6 socket. */
function cleanSender(sender: string): string {
  return sender.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
}

/** Removes a socket file nobody answers at, as a killed daemon leaves it. Rejects when somebody does answer. */
async function removeDead(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isSocket()) {
    return;
  }
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = createConnection({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (isAlive) {
    throw Object.assign(new Error("another program listens there"), { code: "EADDRINUSE" });
  }
  unlinkSync(path);
}
