import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askWhois } from "./whois";

const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

/** A whois server; gives its port and what it was asked. */
async function start(answer: (socket: Socket, question: string) => void) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket));
    socket.once("data", (data) => {
      asked.push(data.toString());
      answer(socket, data.toString());
    });
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { asked, port: (server.address() as AddressInfo).port };
}

const manner = (port: number, follows = false) => ({ server: `127.0.0.1:${port}`, follows, timeout: 1 });

describe("whois", () => {
  it("asks as RFC 3912 says and leaves comments out", async () => {
    const { port, asked } = await start((socket) =>
      socket.end("% comment\r\n\r\ninetnum: 192.0.2.0 - 192.0.2.255\r\n\r\n\r\n# more\r\nnetname: TEST\r\n"),
    );
    expect(await askWhois("192.0.2.1", manner(port))).toEqual([
      "inetnum: 192.0.2.0 - 192.0.2.255",
      "",
      "netname: TEST",
    ]);
    expect(asked).toEqual(["192.0.2.1\r\n"]);
  });

  it("follows to the server that knows, once", async () => {
    const second = await start((socket) => socket.end("netname: SECOND\nrefer: 127.0.0.1:1\n"));
    const first = await start((socket) => socket.end(`refer: 127.0.0.2:${second.port}\nnetname: FIRST\n`));
    const answer = await askWhois("192.0.2.1", manner(first.port, true));
    // Nobody listens on 127.0.0.2, so what the first one knows is used.
    expect(answer).toContain("netname: FIRST");
    const named = await start((socket) => socket.end(`ReferralServer: whois://localhost:${second.port}\n`));
    expect(await askWhois("192.0.2.1", manner(named.port, true))).toContain("netname: SECOND");
    expect(await askWhois("192.0.2.1", manner(named.port, false))).not.toContain("netname: SECOND");
  });

  it("never asks about anything but an address", async () => {
    const { port, asked } = await start((socket) => socket.end("x"));
    for (const text of ["-T person *\r\nquit", "example.org", "192.0.2.1\r\n192.0.2.2", ""]) {
      expect((await askWhois(text, manner(port)))[0]).toContain("no address");
    }
    expect(asked).toEqual([]);
  });

  it("takes no more time and text than it may, and cleans it", async () => {
    const silent = await start(() => undefined);
    const before = performance.now();
    expect((await askWhois("192.0.2.1", manner(silent.port)))[0]).toContain("no answer within 1 seconds");
    expect(performance.now() - before).toBeLessThan(2000);
    const slow = await start((socket) => socket.write("netname: SLOW\u001b[2J\u202e\n"));
    expect(await askWhois("192.0.2.1", manner(slow.port))).toEqual(["netname: SLOW\\x1b[2J\\u202e"]);
    const endless = await start((socket) => {
      socket.write("x".repeat(200_000));
      socket.write("y\n".repeat(200_000));
    });
    const lines = await askWhois("192.0.2.1", manner(endless.port));
    expect(lines.join("\n").length).toBeLessThan(30_000);
  });

  it("tells in one line that nobody listens", async () => {
    expect(await askWhois("192.0.2.1", manner(1))).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });
});
