import type { Block, Phase } from "../model";
import type { Checkpoint, SourceConsumer, SourceEvent } from "./source-event";

/** A consumer that keeps all it is given. */
export class Collector implements SourceConsumer {
  readonly lines: string[] = [];
  readonly phases: Phase[] = [];
  readonly events: SourceEvent[] = [];
  readonly checkpoints: Checkpoint[] = [];
  blocks = 0;
  caughtUpCalls = 0;

  block(block: Block, phase: Phase): void | Promise<void> {
    this.blocks++;
    for (let start = 0; start < block.text.length; ) {
      const end = block.text.indexOf("\n", start);
      this.lines.push(block.decode(start, end));
      this.phases.push(phase);
      start = end + 1;
    }
  }

  caughtUp(): void {
    this.caughtUpCalls++;
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.checkpoints.push(checkpoint);
  }

  event(event: SourceEvent): void {
    this.events.push(event);
  }

  /** Settles when that many lines are there; fails after twenty seconds. */
  async waitForLines(count: number): Promise<void> {
    await waitUntil(
      () => this.lines.length >= count,
      () => `${this.lines.length} of ${count} lines`,
    );
  }
}

/** Settles when the condition holds; fails after twenty seconds. */
export async function waitUntil(holds: () => boolean, state: () => string = () => "nothing"): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) {
      throw new Error(`Waited in vain, have ${state()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
