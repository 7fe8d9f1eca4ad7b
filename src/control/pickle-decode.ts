import type { CommandValue } from "../model";
import { asValue, ErrorReply, PickleMachine, type Item } from "./pickle-machine";
import { findOperation } from "./pickle-operations";
import { checkShape } from "./pickle-shape";
import type { RemoteError } from "./remote-error";

const STOP = 0x2e;
/** Nodes of one value; a stream of all stock jails has some thousands. */
const MAX_NODES = 2_000_000;

/**
 * Reads a pickle (protocols 0 to 5) of plain data: numbers, texts, booleans, None, lists, tuples, dictionaries, sets.
 * Byte strings become text. Constructs no object of the sender's choosing, ever.
 * @throws PickleError for anything else, with Python's words where Python has some.
 */
export function decodePickle(bytes: Uint8Array): CommandValue {
  return finish(run(new PickleMachine(bytes, false)));
}

/**
 * As `decodePickle`, for replies: an exception in `(1, exception)` comes back as the data it is made of.
 * @throws PickleError
 */
export function decodePickledReply(bytes: Uint8Array): CommandValue | RemoteError {
  const item = run(new PickleMachine(bytes, true));
  return item instanceof ErrorReply ? item.error : finish(item);
}

function run(machine: PickleMachine): Item {
  for (;;) {
    const code = machine.reader.readOperation();
    if (code === STOP) {
      return machine.pop();
    }
    findOperation(code)(machine);
  }
}

function finish(item: Item): CommandValue {
  const value = asValue(item);
  checkShape(value, MAX_NODES);
  return value;
}
