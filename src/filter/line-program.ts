import { ByteModule, isByteMatchable, writeByteMatcher, type Pattern } from "../regex";
import { compile, ModuleWriter, theWorkspace, type Instantiate } from "../wasm";
import type { CompiledFilter, CompiledRegex } from "./compile-filter";
import { isCombined } from "./named-groups";
import { writePack } from "./pack-code";
import { writeCopy } from "./pack-functions";
import { LAYOUT_SIZE, noGroup, writeLayouts } from "./pack-layout";
import {
  DATE_SIZE,
  LONGEST_BYTE_LINE,
  MODE,
  MOST_ROWS,
  PACKED_SIZE,
  ROW_SIZE,
  STATE,
  STATE_SIZE,
  type ByteRegex,
  type ByteRegexes,
  type ProgramRoom,
} from "./program-layout";
import { writeScan } from "./scan-code";
import { writeSearch } from "./search-code";

const INT = 4;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Code may read and write so many bytes too many. */
const MARGIN = 64;

/** Room for one line and for rows, which all programs use in turn. */
type SharedRoom = Pick<ProgramRoom, "textAt" | "rowsAt" | "datesAt" | "packedAt">;
let sharedRoom: SharedRoom | undefined;

/**
 * All regexes of a filter and the way through them as one piece of code that runs over the lines in the workspace. It
 * keeps nothing from scan to scan, so that all jails with a filter share it.
 */
export class LineProgram implements ByteRegexes {
  readonly prefix: ByteRegex | undefined;
  readonly failregex: readonly ByteRegex[];
  readonly ignoreregex: readonly ByteRegex[];
  readonly state: Int32Array;
  readonly found: Int32Array;
  /** See `ProgramRoom`; to be cleared by who reads them. */
  readonly counts: Int32Array;
  readonly room: ProgramRoom;
  readonly #instantiate: Instantiate | undefined;
  /** With the function that finds dates, which is another one for each format. */
  readonly #scans = new Map<Exec, Scan>();

  private constructor({ prefregex, failregex, ignoreregex }: CompiledFilter) {
    const workspace = theWorkspace();
    const numbers = (count: number): number => workspace.allocate(count * INT, this);
    sharedRoom ??= {
      textAt: workspace.allocate(LONGEST_BYTE_LINE + MARGIN),
      rowsAt: workspace.allocate(MOST_ROWS * ROW_SIZE * INT),
      datesAt: workspace.allocate(MOST_ROWS * DATE_SIZE * INT + MARGIN),
      packedAt: workspace.allocate(PACKED_SIZE + MARGIN),
    };
    this.room = {
      ...sharedRoom,
      stateAt: numbers(STATE_SIZE),
      foundAt: numbers(failregex.length + 1),
      countsAt: numbers(failregex.length + 1),
      countableAt: numbers(2 * failregex.length + 2),
      layoutsAt: numbers(LAYOUT_SIZE * failregex.length),
    };
    this.state = workspace.numbers(this.room.stateAt, STATE_SIZE);
    this.found = workspace.numbers(this.room.foundAt, failregex.length);
    this.counts = workspace.numbers(this.room.countsAt, failregex.length);
    const module = new ModuleWriter();
    const date = module.import("date", 2);
    const shared = new ByteModule(module, workspace);
    const write = (regex: CompiledRegex): ByteRegex => toByteRegex(regex.matcher.pattern, shared, this);
    this.prefix = prefregex && write(prefregex);
    this.failregex = failregex.map(write);
    this.ignoreregex = ignoreregex.map(write);
    this.failregex.forEach((regex, i) =>
      workspace.numbers(this.room.countableAt + 2 * i * INT, 2).set(addressPlaces(regex, this.prefix)),
    );
    const { room } = this;
    writeLayouts(this, room.layoutsAt, this);
    const search = writeSearch(module, this, { room, workspace });
    const copy = writeCopy(module);
    const pack = writePack(module, { room, workspace, copy });
    module.export("scan", writeScan(module, { date, search, pack, copy, room }));
    this.#instantiate = compile(module);
  }

  /** Undefined when some regex of the filter is beyond this way of matching. */
  static of(compiled: CompiledFilter): LineProgram | undefined {
    const program = known.get(compiled) ?? LineProgram.#make(compiled) ?? null;
    known.set(compiled, program);
    return program ?? undefined;
  }

  static #make(compiled: CompiledFilter): LineProgram | undefined {
    const { prefregex, failregex, ignoreregex, maxlines } = compiled;
    const all = [...(prefregex ? [prefregex] : []), ...failregex, ...ignoreregex];
    const isUsable = ({ fields, matcher }: CompiledRegex): boolean =>
      !fields && isByteMatchable(matcher.pattern);
    if (maxlines > 1 || !all.every(isUsable)) {
      return undefined;
    }
    try {
      return new LineProgram(compiled);
    } catch (error) {
      if (error instanceof RangeError) {
        return undefined;
      }
      throw error;
    }
  }

  /** The program with a function that finds dates; undefined where there is no WebAssembly. */
  scanWith(date: Exec): Scan | undefined {
    const scan = this.#scans.get(date) ?? this.#instantiate?.({ date })["scan"];
    if (scan) {
      this.#scans.set(date, scan);
    }
    return scan;
  }
}

/** Lines in which one of these took part, or has a say in what they mean, are not only counted. */
const TELLING = /^(?:mlf|fid$|nofail$)/;

/** Where the begins of the addresses of a match are; twice a place that never holds one when there is more to tell. */
function addressPlaces({ names, matcher }: ByteRegex, prefix: ByteRegex | undefined): readonly number[] {
  const all = [...names, ...(prefix?.names ?? [])].map(([name]) => name);
  const never = noGroup();
  const isPlain =
    new Set(all).size === all.length && !all.some((name) => TELLING.test(name) || isCombined(name));
  return ["ip4", "ip6"].map((wanted) => {
    const own = names.find(([name]) => name === wanted);
    const outer = prefix?.names.find(([name]) => name === wanted);
    const at = own
      ? matcher.spansAt + INT * own[1]
      : outer && prefix
        ? prefix.matcher.spansAt + INT * outer[1]
        : never;
    return isPlain ? at : never;
  });
}

/** As that of a `ByteMatcher`. */
export type Exec = (start: number, end: number) => number;

/**
 * Runs over the lines from one address up to another, both begins of lines, in a mode, until it comes to one that is
 * worth telling. The date has to stand in the first `longest` bytes of a line; `dateAt` is where its spans are.
 */
// oxlint-disable-next-line max-params
export type Scan = (from: number, to: number, mode: number, longest: number, dateAt: number) => number;

const known = new WeakMap<CompiledFilter, LineProgram | null>();

function toByteRegex(pattern: Pattern, module: ByteModule, owner: object): ByteRegex {
  const names = [...pattern.groupNames].map(([name, index]) => [name, 2 * index] as const);
  return { matcher: writeByteMatcher(pattern, module, owner), names };
}

/** Tells of the line that begins at an address as a run does that ends there. */
export function noteLine(state: Int32Array, start: number, mode: number): void {
  const { bytes } = theWorkspace();
  const newline = bytes.indexOf(NEWLINE, start);
  const most = (mode & MODE.tidy) === 0 ? 1 : newline - start;
  let end = newline;
  while (end > start && newline - end < most && bytes[end - 1] === CARRIAGE_RETURN) {
    end--;
  }
  state[STATE.end] = end;
  state[STATE.next] = newline + 1;
  state[STATE.passed] = state[STATE.counted] = 0;
}
