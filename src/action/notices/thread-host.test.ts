import { describe, expect, it } from "vitest";
import { ThreadHost } from "./thread-host";
import type { ThreadAction, ThreadPort, ThreadReply, ThreadRequest } from "./thread-messages";

const ACTION: ThreadAction = { jail: "web", name: "a", host: "srv", kind: "mail", options: {} };

/** A thread that does nothing until told. */
class FakeThread implements ThreadPort {
  readonly requests: ThreadRequest[] = [];
  isKilled = false;
  #reply: (reply: ThreadReply) => void = () => {};
  #exit: (reason: string) => void = () => {};

  post(request: ThreadRequest): void {
    this.requests.push(request);
  }
  onReply(listener: (reply: ThreadReply) => void): void {
    this.#reply = listener;
  }
  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }
  kill(): Promise<void> {
    this.isKilled = true;
    return Promise.resolve();
  }
  answer(at: number): void {
    this.#reply({ type: "done", call: this.requests[at]?.call ?? -1, outcome: { status: "applied" } });
  }
  die(reason: string): void {
    this.#exit(reason);
  }
}

function make(revives: boolean) {
  const threads: FakeThread[] = [];
  const lines: string[] = [];
  const start = (): ThreadPort => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread;
  };
  const host = new ThreadHost({ start, log: (level, _, text) => lines.push(`${level} ${text}`), revives });
  return { host, threads, lines };
}

describe("a thread of actions", () => {
  it("is started by the first action that opens", async () => {
    const { host, threads } = make(true);
    expect(threads).toEqual([]);
    const opening = host.open("k", ACTION);
    threads[0]?.answer(0);
    expect((await opening).outcome.status).toBe("applied");
    expect(threads).toHaveLength(1);
  });

  it("is started again when it dies, and asked again what it had not answered", async () => {
    const { host, threads, lines } = make(true);
    const opening = host.open("k", ACTION);
    threads[0]?.answer(0);
    await opening;
    const first = host.run("k", "ban");
    threads[0]?.die("out of memory");
    const second = host.run("k", "ban");
    await expect.poll(() => threads.length).toBe(2);
    expect(threads[1]?.requests.map(({ type }) => type)).toEqual(["open", "run", "run"]);
    threads[1]?.answer(1);
    threads[1]?.answer(2);
    expect([await first, await second]).toEqual([{ status: "applied" }, { status: "applied" }]);
    expect(lines).toEqual(["ERROR A thread of actions has ended: out of memory"]);
  });

  it("does not ask again for ever what kills it", async () => {
    const { host, threads } = make(true);
    const running = host.run("k", "ban");
    threads[0]?.die("one");
    await expect.poll(() => threads.length).toBe(2);
    threads[1]?.die("two");
    expect(await running).toEqual({ status: "failed", message: "the thread of the action has ended: two" });
  });

  it("stays dead when it is told to, and says that what it was asked for has failed", async () => {
    const { host, threads } = make(false);
    const running = host.run("k", "ban");
    threads[0]?.die("exit code 1");
    expect(await running).toMatchObject({ status: "failed" });
    expect(host.isRunning).toBe(false);
    const killed = host.run("k", "ban");
    await host.kill("too slow");
    expect(await killed).toEqual({ status: "failed", message: "too slow" });
    expect(threads[1]?.isKilled).toBe(true);
  });

  it("ends even when it does not answer any more", async () => {
    const { host, threads } = make(true);
    void host.open("k", ACTION);
    const before = performance.now();
    await host.end(0);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(threads[0]?.isKilled).toBe(true);
  });

  it("says why it cannot be started", async () => {
    const start = (): ThreadPort => {
      throw new Error("no such file");
    };
    const host = new ThreadHost({ start, log: () => undefined, revives: true });
    expect((await host.open("k", ACTION)).outcome).toEqual({ status: "failed", message: "no such file" });
  });
});
