import type { Block } from "../model";

/** How many lines back an undated line may find its date. */
const LOOK_BACK = 10;

/** The lines before a position, nearest first. */
export function* linesBefore(block: Block, start: number): Generator<string> {
  let end = start - 1;
  for (let count = 0; count < LOOK_BACK && end > 0; count++) {
    const begin = block.text.lastIndexOf("\n", end - 1) + 1;
    yield block.decode(begin, end);
    end = begin - 1;
  }
}
