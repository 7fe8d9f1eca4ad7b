import { code, type Code } from "../wasm";
import { ROW_SIZE, type ProgramRoom } from "./program-layout";

const INT = 4;

/** A number of the state, see `STATE`. */
export function loadState({ stateAt }: ProgramRoom, field: number): Code {
  return code.load32(code.i32(0), stateAt + INT * field);
}

export function storeState({ stateAt }: ProgramRoom, field: number, value: Code): Code {
  return code.store32(code.i32(0), value, stateAt + INT * field);
}

/** The address of a row. */
export function rowAt(row: Code, { rowsAt }: ProgramRoom): Code {
  return code.add(code.i32(rowsAt), code.multiply(row, code.i32(ROW_SIZE * INT)));
}
