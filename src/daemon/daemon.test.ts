import { beforeEach, describe, expect, test } from "vitest";
import { Logger, type Resolver } from "../platform";
import { FakeClock } from "../platform/fake-clock.testing";
import { Daemon } from "./daemon";
import { ReaderStopped } from "./reader-stopped";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent, ReaderJail, ReaderRequest } from "./reader-messages";

/** A reader that reads nothing, but remembers what it was asked and can die. */
class FakeReader implements ReaderPort {
  readonly requests: ReaderRequest[] = [];
  #tell: (event: ReaderEvent) => void = () => {};
  readonly #mourners: ((error: ReaderStopped) => void)[] = [];

  post(request: ReaderRequest): void {
    this.requests.push(request);
    if (request.type === "close") {
      queueMicrotask(() => this.#tell({ type: "closed", reply: request.reply }));
    }
  }

  onEvent(listener: (event: ReaderEvent) => void): void {
    this.#tell = listener;
  }

  onCrash(listener: (error: ReaderStopped) => void): void {
    this.#mourners.push(listener);
  }

  async end(): Promise<void> {}

  die(error: ReaderStopped): void {
    this.#tell = () => {};
    this.#mourners.forEach((mourn) => mourn(error));
  }

  get opened(): readonly ReaderJail[] {
    return this.requests.flatMap((request) => (request.type === "open" ? [request.jail] : []));
  }
}

describe("a reader that is gone", () => {
  let readers: FakeReader[];
  let clock: FakeClock;
  let daemon: Daemon;

  beforeEach(async () => {
    readers = [];
    clock = new FakeClock();
    const startReader = (): ReaderPort => {
      const reader = new FakeReader();
      readers.push(reader);
      return reader;
    };
    daemon = new Daemon({ startReader, clock, logger: new Logger(clock, "/dev/null") });
    const commands = ["web", "web-long", "mail"].flatMap((jail) => [
      ["add", jail, "polling"],
      ["set", jail, "addfailregex", jail === "mail" ? "^ no <HOST>$" : "^ failure from <HOST>$"],
      ["set", jail, "addlogpath", "/var/log/none.log"],
      ["start", jail],
    ]);
    expect(await daemon.load(commands.map((command) => ({ command })))).toEqual([]);
  });

  test("is replaced by one that reads the same jails", () => {
    clock.advance(100);
    readers[0]?.die(new ReaderStopped("reader-died", "out of memory", undefined));
    clock.advance(0);
    expect(readers).toHaveLength(2);
    expect(readers[1]?.opened).toEqual(readers[0]?.opened);
  });

  test("leaves the line it was stuck at to no jail that reads alike, and others are not concerned", () => {
    const line = { start: "evil", length: 4 };
    readers[0]?.die(new ReaderStopped("reader-stuck", "too slow", { jail: "web", line }));
    clock.advance(0);
    const opened = readers.slice(1).map((reader) => reader.opened.map(({ name, skip }) => [name, skip]));
    expect(opened).toEqual([[["mail", []]], [["web", [line]]], [["web-long", [line]]]]);
  });

  test("had its own jail only when that jail got stuck before, and others read on", () => {
    const lines = ["evil", "evil too", "evil as well"].map((start) => ({ start, length: start.length }));
    const task = (i: number) => ({
      jail: "mail",
      line: lines[i]!,
      regex: { kind: "failregex", index: 0 } as const,
    });
    const stuck = (i: number) => new ReaderStopped("reader-stuck", "too slow", task(i));
    for (const i of [0, 1, 2]) {
      (i === 0 ? readers[0] : readers.at(-1))?.die(stuck(i));
      clock.advance(0);
    }
    expect(readers.map(({ opened }) => opened.map(({ name }) => name))).toEqual([
      ["web", "web-long", "mail"],
      ["web", "web-long"],
      ["mail"],
      ["mail"],
      ["mail"],
    ]);
    expect(readers.at(-1)?.opened[0]).toMatchObject({ skip: lines, outOfService: ["^ no <HOST>$"] });
    expect(daemon.jail("mail").outOfService).toEqual(["^ no <HOST>$"]);
  });

  test("is not replaced at once when it lived for a moment only", () => {
    readers[0]?.die(new ReaderStopped("reader-died", "no script", undefined));
    clock.advance(1);
    expect(readers).toHaveLength(1);
    clock.advance(10);
    expect(readers).toHaveLength(2);
  });

  test("does not keep anybody waiting", async () => {
    readers[0]?.die(new ReaderStopped("reader-died", "no script", undefined));
    expect(await daemon.inspectSources()).toEqual([]);
    await daemon.stop();
    clock.advance(10);
    expect(readers).toHaveLength(1);
  });
});

test("no jail waits for a name that another has to look up", async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const resolver: Resolver = {
    addressesOf: (name) => {
      asked.push(name);
      return name.endsWith(".example")
        ? new Promise((resolve) => answers.push(() => resolve([])))
        : Promise.resolve([]);
    },
    nameOf: () => Promise.resolve(undefined),
  };
  const clock = new FakeClock();
  const daemon = new Daemon({
    startReader: () => new FakeReader(),
    clock,
    resolver,
    logger: new Logger(clock, "/dev/null"),
  });
  const commands = ["web", "mail"].flatMap((jail) => [
    ["add", jail, "polling"],
    ["set", jail, "addignoreip", `${jail}.example`, `www.${jail}.example`],
    ["start", jail],
  ]);
  const loading = daemon.load(commands.map((command) => ({ command })));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked.filter((name) => name.endsWith(".example")).sort()).toEqual([
    "mail.example",
    "web.example",
    "www.mail.example",
    "www.web.example",
  ]);
  answers.forEach((answer) => answer());
  expect(await loading).toEqual([]);
  expect(daemon.jails.map(({ name }) => name)).toEqual(["web", "mail"]);
});
