import { code, FunctionDraft, type Code, type ModuleWriter, type Workspace } from "../wasm";
import { LAYOUT, LAYOUT_SIZE, SLOT, SLOT_SIZE, SPECIAL } from "./pack-layout";
import { writeAddress, writeNumber } from "./pack-functions";
import { KIND, MOST_ROWS, PACKED_SIZE, ROW, STATE, type ProgramRoom } from "./program-layout";
import { loadState, rowAt, storeState } from "./state-code";

const INT = 4;
const SET_CODE = 0xfb;
const USERS = new TextEncoder().encode("users");

/** What packing a line ends with. */
export const PACKED = { no: 0, yes: 1, full: 2 } as const;

const [RECORD, START, END, CUT_FROM, CUT_TO] = [0, 1, 2, 3, 4];

/**
 * Writes the function that makes a row of the line at hand, in which one failregex has matched, its groups and the line
 * packed as `packed-failure` says. It takes the record of the failregex, and where the line and its date begin and end.
 * It does not where it takes more to tell who it is than an address.
 */
export function writePack(
  module: ModuleWriter,
  {
    room,
    workspace,
    copy,
  }: { readonly room: ProgramRoom; readonly workspace: Workspace; readonly copy: number },
): number {
  const index = module.reserve(5);
  const parts = {
    number: writeNumber(module),
    copy,
    address: writeAddress(module),
    users: workspace.table(USERS),
  };
  const writer = new PackWriter(parts, room);
  module.define(index, writer.draft, writer.write());
  return index;
}

interface Parts {
  /** Functions: each takes the place to write to first and gives the one behind. */
  readonly number: number;
  readonly copy: number;
  readonly address: number;
  /** The address of a name. */
  readonly users: number;
}

class PackWriter {
  readonly draft = new FunctionDraft(5);
  readonly #parts: Parts;
  readonly #room: ProgramRoom;
  readonly #row = this.draft.local();
  readonly #at = this.draft.local();
  readonly #slot = this.draft.local();
  readonly #slotsEnd = this.draft.local();
  readonly #count = this.draft.local();
  readonly #isQuiet = this.draft.local();
  /** In a session and no quiet line: groups that do not stay with the session are left out. */
  readonly #isLasting = this.draft.local();
  readonly #hasUsers = this.draft.local();
  /** The address of the begin of the address in the spans. */
  readonly #who = this.draft.local();

  constructor(parts: Parts, room: ProgramRoom) {
    this.#parts = parts;
    this.#room = room;
  }

  write(): Code {
    return code.all(
      this.#refuse(),
      this.#makeRoom(),
      this.#findKind(),
      this.#refuseNobody(),
      this.#putRow(ROW.start, code.get(START)),
      this.#putRow(ROW.end, code.get(END)),
      this.#putRow(ROW.packed, code.get(this.#at)),
      this.#putRow(ROW.idFrom, code.i32(0)),
      this.#writeHead(),
      this.#writeBody(),
      this.#putRow(ROW.middle, code.get(this.#at)),
      this.#writeLine(),
      this.#putRow(ROW.packedEnd, code.get(this.#at)),
      this.#findAddress(),
      this.#put(STATE.packedEnd, code.get(this.#at)),
      this.#put(STATE.rows, code.add(this.#state(STATE.rows), code.i32(1))),
      code.giveBack(code.i32(PACKED.yes)),
    );
  }

  #refuse(): Code {
    const isUnknown = code.lessThan(this.#record(LAYOUT.slots), code.i32(0));
    const hasMore = code.or(code.or(this.#tookPart("fid"), this.#tookPart("dns")), this.#tookPart("cidr"));
    return code.all(
      code.when(isUnknown, code.giveBack(code.i32(PACKED.no))),
      code.when(hasMore, code.giveBack(code.i32(PACKED.no))),
    );
  }

  /** Groups may lie within each other: each can be as long as the line. */
  #makeRoom(): Code {
    const { packedAt } = this.#room;
    const most = code.add(
      code.multiply(
        code.add(this.#record(LAYOUT.slots), code.i32(3)),
        code.subtract(code.get(END), code.get(START)),
      ),
      this.#record(LAYOUT.room),
    );
    const isFull = code.or(
      code.atLeast(this.#state(STATE.rows), code.i32(MOST_ROWS)),
      code.greaterThan(code.add(code.get(this.#at), most), code.i32(packedAt + PACKED_SIZE)),
    );
    // Not even alone: that line is packed elsewhere.
    const isTooLong = code.not(this.#state(STATE.rows));
    return code.all(
      code.set(this.#at, this.#state(STATE.packedEnd)),
      code.when(isFull, code.giveBack(code.choose(isTooLong, code.i32(PACKED.no), code.i32(PACKED.full)))),
      code.set(this.#row, rowAt(this.#state(STATE.rows), this.#room)),
    );
  }

  #findKind(): Code {
    const inSession = this.#tookPart("mlfid");
    const isQuiet = code.both(inSession, code.or(this.#isFilled("nofail"), this.#isFilled("mlfgained")));
    const isForgotten = this.#isFilled("mlfforget");
    const kind = this.#count;
    return code.all(
      code.set(this.#isQuiet, isQuiet),
      code.set(this.#isLasting, code.and(inSession, code.not(code.get(this.#isQuiet)))),
      code.set(
        kind,
        code.add(
          code.multiply(inSession, code.i32(KIND.session)),
          code.multiply(code.get(this.#isQuiet), code.i32(KIND.quiet)),
        ),
      ),
      code.when(isForgotten, code.set(kind, code.or(code.get(kind), code.i32(KIND.forgotten)))),
      code.set(
        this.#hasUsers,
        code.and(code.and(code.get(this.#isLasting), code.not(isForgotten)), this.#isFilled("user")),
      ),
      this.#putRow(ROW.kind, code.get(kind)),
    );
  }

  /** A failure needs somebody who has failed. */
  #refuseNobody(): Code {
    const who = code.choose(this.#tookPart("ip4"), this.#group("ip4"), this.#group("ip6"));
    const isNobody = code.lessThan(code.load32(code.get(this.#who)), code.i32(0));
    return code.all(
      code.set(this.#who, who),
      code.when(code.and(isNobody, code.not(code.get(this.#isQuiet))), code.giveBack(code.i32(PACKED.no))),
    );
  }

  #writeHead(): Code {
    const spanLength = code.subtract(code.load32(this.#span(), INT), code.load32(this.#span()));
    const user = this.#group("user");
    return code.all(
      code.set(this.#count, code.get(this.#hasUsers)),
      this.#eachSlot(code.set(this.#count, code.plus(this.#count, 1))),
      this.#number(code.get(this.#count)),
      this.#eachSlot(code.all(this.#number(this.#slotNumber(SLOT.nameLength)), this.#number(spanLength))),
      code.when(
        code.get(this.#hasUsers),
        code.all(
          code.store8(code.get(this.#at), code.i32(SET_CODE)),
          code.set(this.#at, code.plus(this.#at, 1)),
          this.#number(code.i32(USERS.length)),
          this.#number(code.i32(1)),
          this.#number(code.subtract(code.load32(user, INT), code.load32(user))),
        ),
      ),
    );
  }

  #writeBody(): Code {
    const name = this.#slotNumber(SLOT.name);
    const nameEnd = code.add(name, this.#slotNumber(SLOT.nameLength));
    const user = this.#group("user");
    const isKey = code.eq(this.#span(), this.#group("mlfid"));
    const isWho = code.eq(this.#span(), code.get(this.#who));
    const spanLength = code.subtract(code.load32(this.#span(), INT), code.load32(this.#span()));
    const note = (from: number, to: number): Code =>
      code.all(
        this.#putRow(from, code.get(this.#at)),
        this.#putRow(to, code.add(code.get(this.#at), spanLength)),
      );
    return code.all(
      this.#eachSlot(
        code.all(
          this.#copy(name, nameEnd),
          code.when(isKey, note(ROW.keyFrom, ROW.keyTo)),
          code.when(isWho, note(ROW.idFrom, ROW.idTo)),
          this.#copy(code.load32(this.#span()), code.load32(this.#span(), INT)),
        ),
      ),
      code.when(
        code.get(this.#hasUsers),
        code.all(
          this.#copy(code.i32(this.#parts.users), code.i32(this.#parts.users + USERS.length)),
          this.#copy(code.load32(user), code.load32(user, INT)),
        ),
      ),
    );
  }

  #writeLine(): Code {
    return code.all(
      this.#number(code.i32(1)),
      this.#number(code.subtract(code.get(CUT_FROM), code.get(START))),
      this.#number(code.subtract(code.get(CUT_TO), code.get(CUT_FROM))),
      this.#number(code.subtract(code.get(END), code.get(CUT_TO))),
      this.#copy(code.get(START), code.get(END)),
    );
  }

  /** Most are IPv4 addresses in their normal form: their number is all that is told of them. */
  #findAddress(): Code {
    const row = code.get(this.#row);
    const isNumber = code.call(
      this.#parts.address,
      code.add(row, code.i32(ROW.address * INT)),
      code.load32(row, ROW.idFrom * INT),
      code.load32(row, ROW.idTo * INT),
    );
    return code.when(
      code.load32(row, ROW.idFrom * INT),
      code.when(isNumber, this.#putRow(ROW.idFrom, code.i32(0))),
    );
  }

  /** For each group that took part and is to be told of. */
  #eachSlot(work: Code): Code {
    const bytes = SLOT_SIZE * INT;
    const isTold = code.or(this.#slotNumber(SLOT.isLasting), code.not(code.get(this.#isLasting)));
    const tookPart = code.atLeast(code.load32(this.#span()), code.i32(0));
    return code.all(
      code.set(this.#slot, this.#record(LAYOUT.slotsAt)),
      code.set(
        this.#slotsEnd,
        code.add(code.get(this.#slot), code.multiply(this.#record(LAYOUT.slots), code.i32(bytes))),
      ),
      code.whileTrue(
        code.lessThan(code.get(this.#slot), code.get(this.#slotsEnd)),
        code.all(
          code.when(code.and(isTold, tookPart), work),
          code.set(this.#slot, code.plus(this.#slot, bytes)),
        ),
      ),
    );
  }

  #number(value: Code): Code {
    return code.set(this.#at, code.call(this.#parts.number, code.get(this.#at), value));
  }

  #copy(from: Code, to: Code): Code {
    return code.set(this.#at, code.call(this.#parts.copy, code.get(this.#at), from, to));
  }

  #slotNumber(index: number): Code {
    return code.load32(code.get(this.#slot), index * INT);
  }

  #span(): Code {
    return this.#slotNumber(SLOT.spanAt);
  }

  #record(index: number): Code {
    return code.load32(code.get(RECORD), index * INT);
  }

  /** The address of the begin of a group in the spans. */
  #group(name: (typeof SPECIAL)[number]): Code {
    return this.#record(LAYOUT.groups + SPECIAL.indexOf(name));
  }

  #tookPart(name: (typeof SPECIAL)[number]): Code {
    return code.atLeast(code.load32(this.#group(name)), code.i32(0));
  }

  #isFilled(name: (typeof SPECIAL)[number]): Code {
    return code.greaterThan(code.load32(this.#group(name), INT), code.load32(this.#group(name)));
  }

  #state(field: number): Code {
    return loadState(this.#room, field);
  }

  #put(field: number, value: Code): Code {
    return storeState(this.#room, field, value);
  }

  #putRow(field: number, value: Code): Code {
    return code.store32(code.get(this.#row), value, INT * field);
  }
}

/** Where the record of a failregex is. */
export function layoutAt(failregex: Code, { layoutsAt }: ProgramRoom): Code {
  return code.add(code.i32(layoutsAt), code.multiply(failregex, code.i32(LAYOUT_SIZE * INT)));
}
