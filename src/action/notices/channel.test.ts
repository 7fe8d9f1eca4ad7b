import { describe, expect, it } from "vitest";
import { FakeClock } from "../../platform/fake-clock.testing";
import { Channel, type ChannelLimits } from "./channel";
import { DELIVERED, type Delivery, type NoticeBatch } from "./notice";
import { NoticeQueue } from "./notice-queue";

const LIMITS: ChannelLimits = { gather: 5, burst: 2, per: 600, keep: 86_400, queue: 50 };

/** A channel whose carrier does what `answers` say, one after the other, and then delivers. */
function open(limits: Partial<ChannelLimits> = {}, gathers = true) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const batches: NoticeBatch[] = [];
  const answers: Delivery[] = [];
  const queue = new NoticeQueue(undefined, (text) => lines.push(text));
  const carrier = {
    gathers,
    carry(batch: NoticeBatch): Promise<Delivery> {
      batches.push(batch);
      return Promise.resolve(answers.shift() ?? DELIVERED);
    },
  };
  const log = (level: string, text: string) => lines.push(`${level} ${text}`);
  const channel = new Channel({ ...LIMITS, ...limits }, { clock, queue, carrier, log });
  const add = (count = 1): void => {
    for (let i = 0; i < count; i++) {
      if (channel.isFull) {
        void queue.omit("k", 1);
        channel.noteOmitted("k");
      } else {
        channel.add(queue.add("k", { event: "ban", jail: "demo", at: clock.now() }).entry);
      }
    }
  };
  const pass = async (seconds: number): Promise<void> => {
    clock.advance(seconds);
    for (let i = 0; i < 20; i++) {
      await Promise.resolve();
    }
  };
  const sizes = () => batches.map(({ notices }) => notices.length);
  return { clock, lines, batches, answers, queue, channel, add, pass, sizes };
}

describe("the way to a receiver", () => {
  it("makes one message of what comes together", async () => {
    const { add, pass, sizes } = open();
    add(3);
    await pass(4.9);
    expect(sizes()).toEqual([]);
    add(2);
    await pass(0.2);
    expect(sizes()).toEqual([5]);
  });

  it("sends so many messages, then one digest when the time is over", async () => {
    const { add, pass, sizes, channel } = open();
    for (let i = 0; i < 20; i++) {
      add();
      await pass(6);
    }
    expect(sizes()).toEqual([1, 1]);
    await pass(600);
    expect(sizes()).toEqual([1, 1, 18]);
    expect(channel.isIdle).toBe(true);
  });

  it("needs no timer when nothing waits", async () => {
    const { add, pass, clock } = open();
    add();
    await pass(6);
    expect(clock.timers).toBe(0);
  });

  it("tries again, each time later, and then tells everything in one message", async () => {
    const { add, pass, sizes, answers, lines, queue } = open();
    answers.push({ status: "later", reason: "no route" }, { status: "later", reason: "no route" });
    add();
    await pass(5);
    await pass(10);
    add(2);
    await pass(29);
    expect(sizes()).toEqual([1, 1]);
    await pass(2);
    expect(sizes()).toEqual([1, 1, 3]);
    expect(queue.waiting).toEqual([]);
    expect(lines).toEqual([
      "ERROR 1 notice not delivered: no route. The next attempt is in 10 seconds",
      "ERROR 1 notice not delivered: no route. The next attempt is in 30 seconds",
      "INFO Delivered after 2 attempts that failed",
    ]);
  });

  it("waits as long as the server asks for", async () => {
    const { add, pass, sizes, answers } = open();
    answers.push({ status: "later", reason: "429", after: 3000 });
    add();
    await pass(5);
    await pass(2999);
    expect(sizes()).toEqual([1]);
    await pass(1);
    expect(sizes()).toEqual([1, 1]);
  });

  it("says the same batch again under the same id", async () => {
    const { add, pass, batches, answers } = open();
    answers.push({ status: "later", reason: "x" });
    add();
    await pass(5);
    await pass(10);
    expect(batches).toHaveLength(2);
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
  });

  it("gives a batch that has grown another id, or its receiver would take it for the old one", async () => {
    const { add, pass, batches, answers } = open();
    answers.push({ status: "later", reason: "no answer, but it was taken" });
    add();
    await pass(5);
    add();
    await pass(10);
    expect(batches.map(({ notices }) => notices.length)).toEqual([1, 2]);
    expect(batches[0]?.id).not.toBe(batches[1]?.id);
  });

  it("sends what was refused once more without log lines, then gives it up and says so", async () => {
    const { add, pass, batches, answers, lines, queue } = open();
    const refused: Delivery = { status: "refused", reason: "too long" };
    answers.push(refused, refused);
    add();
    await pass(5);
    await pass(600);
    expect(batches.map(({ isReduced }) => isReduced)).toEqual([false, true]);
    expect(queue.waiting).toEqual([]);
    expect(lines[1]).toBe("ERROR 1 notice refused and given up: too long");
  });

  it("counts what there is no room for and tells the number", async () => {
    const { add, pass, batches, queue, lines } = open({ queue: 3 });
    add(10);
    await pass(5);
    expect(batches[0]).toMatchObject({ omitted: 7, notices: { length: 3 } });
    expect(queue.omitted("k")).toBe(0);
    expect(lines).toEqual(["WARNING More than 3 notices wait; further ones are only counted"]);
  });

  it("does not lose the count of what comes while a message is under way", async () => {
    const { add, pass, batches, queue, channel } = open({ queue: 1 });
    add(3);
    void pass(5);
    await Promise.resolve();
    await queue.omit("k", 4);
    channel.noteOmitted("k");
    await pass(1);
    await pass(600);
    expect(batches.map(({ omitted }) => omitted)).toEqual([2, 4]);
  });

  it("gives up what is too old", async () => {
    const { add, pass, answers, queue, lines, sizes } = open({ keep: 60 });
    answers.push({ status: "later", reason: "x", after: 100 });
    add();
    await pass(5);
    await pass(100);
    expect(sizes()).toEqual([1]);
    expect(queue.waiting).toEqual([]);
    expect(lines.at(-1)).toBe("ERROR 1 notice given up: too old, not delivered for 60 seconds");
  });

  it("takes reports one by one", async () => {
    const { add, pass, sizes, answers, lines } = open({ gather: 0, burst: 100, per: 1 }, false);
    answers.push({ status: "refused", reason: "no such address" });
    add(3);
    await pass(1);
    await pass(1);
    await pass(1);
    expect(sizes()).toEqual([1, 1, 1]);
    expect(lines).toEqual(["ERROR 1 notice refused and given up: no such address"]);
  });

  it("delivers all at once at the end, but never against the wish of the server", async () => {
    const { add, channel, sizes, answers, pass } = open({ burst: 1 });
    add(2);
    await channel.drain();
    add(1);
    await channel.drain();
    expect(sizes()).toEqual([2, 1]);
    answers.push({ status: "later", reason: "x", after: 300 });
    add(1);
    await channel.drain();
    await channel.drain();
    expect(sizes()).toEqual([2, 1, 1]);
    await pass(0);
  });

  it("is not confused by a clock that is set", async () => {
    const { add, pass, clock, sizes } = open();
    add();
    clock.jump(-3600);
    await pass(5);
    clock.jump(7200);
    add();
    await pass(5);
    expect(sizes()).toEqual([1, 1]);
  });
});
