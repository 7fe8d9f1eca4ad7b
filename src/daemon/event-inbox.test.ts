import { describe, expect, it } from "vitest";
import { EventInbox } from "./event-inbox";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    // Busy, as in a storm.
  }
}

describe("EventInbox", () => {
  it("hands on at once what comes alone", () => {
    const seen: number[] = [];
    const inbox = new EventInbox((event: number) => seen.push(event));
    inbox.push(1);
    inbox.push(2);
    expect(seen).toEqual([1, 2]);
  });

  it("keeps the order and lets others have their turn in a storm", async () => {
    const seen: number[] = [];
    const inbox = new EventInbox((event: number) => {
      work(4);
      seen.push(event);
    });
    for (let i = 0; i < 30; i++) {
      inbox.push(i);
    }
    const atFirst = seen.length;
    expect(atFirst).toBeLessThan(10);
    let turns = 0;
    for (; seen.length < 30; turns++) {
      await turn();
    }
    expect(turns).toBeGreaterThan(2);
    await turn();
    inbox.push(30);
    expect(seen).toEqual(Array.from({ length: 31 }, (_, i) => i));
  });

  it("hands on everything when it is drained", () => {
    const seen: number[] = [];
    const inbox = new EventInbox((event: number) => {
      work(6);
      seen.push(event);
    });
    [1, 2, 3, 4, 5].forEach((event) => inbox.push(event));
    expect(seen.length).toBeLessThan(5);
    inbox.drain();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });
});
