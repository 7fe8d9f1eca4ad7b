import { engine, type Memory } from "./engine";

/** Pages of 64 KiB. Only what is written to takes room in the machine's memory. */
const PAGES = 1024;
/** Nothing lies at 0, and what is read before the first byte of the window is still inside of the memory. */
const START = 256;

/**
 * The memory in which the code of one thread works: tables, results, and a window into which the lines at hand are
 * copied. It never grows, so that views of it stay good.
 */
export class Workspace {
  /** Undefined where there is no WebAssembly. */
  readonly memory: Memory | undefined = makeMemory();
  readonly bytes = new Uint8Array(this.memory?.buffer ?? new ArrayBuffer(0));
  readonly #tables = new Map<string, number>();
  readonly #free = new Map<number, number[]>();
  readonly #owners = new FinalizationRegistry<{ readonly at: number; readonly size: number }>(
    ({ at, size }) => {
      this.#free.set(size, [...(this.#free.get(size) ?? []), at]);
    },
  );
  #end = START;

  /**
   * Sets bytes aside, a multiple of 16 of them; gives their address. They are taken back when the owner is gone.
   * @throws RangeError when there is no room left.
   */
  allocate(size: number, owner?: object): number {
    const rounded = Math.ceil(size / 16) * 16;
    const at = this.#free.get(rounded)?.pop() ?? this.#append(rounded);
    if (owner) {
      this.#owners.register(owner, { at, size: rounded });
    }
    return at;
  }

  /** The address of these bytes, which are kept once. @throws RangeError like `allocate`. */
  table(bytes: Uint8Array): number {
    const key = bytes.join();
    const known = this.#tables.get(key) ?? this.allocate(bytes.length);
    this.#tables.set(key, known);
    this.bytes.set(bytes, known);
    return known;
  }

  /** Numbers at an address. */
  numbers(address: number, count: number): Int32Array {
    return new Int32Array(this.bytes.buffer, address, count);
  }

  #append(size: number): number {
    const at = this.#end;
    if (at + size > this.bytes.length) {
      throw new RangeError("no room left for compiled regular expressions");
    }
    this.#end += size;
    return at;
  }
}

/** Memory takes far more addresses than bytes, of which a process may be allowed few (`ulimit -v`). */
function makeMemory(): Memory | undefined {
  try {
    return engine && new engine.Memory({ initial: PAGES, maximum: PAGES });
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

let workspace: Workspace | undefined;

/** Whether code can be made and run in this thread. */
export function isCompiling(): boolean {
  return theWorkspace().memory !== undefined;
}

/** The workspace of this thread. */
export function theWorkspace(): Workspace {
  workspace ??= new Workspace();
  return workspace;
}
