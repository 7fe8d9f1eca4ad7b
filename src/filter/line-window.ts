import type { Block } from "../model";
import { theWorkspace } from "../wasm";

/** Lines of larger blocks are shown in parts. */
const SIZE = 1 << 18;
/** Behind the last line code may look at so many bytes more. */
const MARGIN = 64;
const NEWLINE = 10;

/** The window of the workspace through which the code of a thread sees the lines of one block after the other. */
class LineWindow {
  #base = 0;
  #block: Block | undefined;
  /** What of the block is to be seen, and where in memory the block would begin. */
  #from = 0;
  #to = 0;
  #shift = 0;

  /**
   * Shows the line of a block that begins at `start`, and lines behind it; gives the address that position 0 of the
   * block would have. `undefined` when the block has no bytes, or the line is too long.
   */
  show(block: Block, start: number): number | undefined {
    return block === this.#block && start >= this.#from && start < this.#to
      ? this.#shift
      : this.#load(block, start);
  }

  /** The end of the lines that are to be seen. */
  get end(): number {
    return this.#to;
  }

  #load(block: Block, start: number): number | undefined {
    const { bytes } = theWorkspace();
    const { length } = block;
    const to = length - start > SIZE ? block.text.lastIndexOf("\n", start + SIZE - 1) + 1 : length;
    if (!block.copyBytes || to <= start) {
      return undefined;
    }
    this.#base ||= theWorkspace().allocate(SIZE + MARGIN);
    block.copyBytes(bytes.subarray(this.#base, this.#base + SIZE), start, to);
    bytes[this.#base + to - start] = NEWLINE;
    this.#block = block;
    this.#from = start;
    this.#to = to;
    this.#shift = this.#base - start;
    return this.#shift;
  }
}

/** One for all filters: a line is read by one after the other. */
export const lineWindow = new LineWindow();
