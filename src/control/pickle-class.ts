import { PyTuple, type CommandValue } from "../model";
import { PickleError } from "./pickle-error";
import { asKey, asValue, ClassName, type Item, type PickleMachine } from "./pickle-machine";
import { checkShape } from "./pickle-shape";
import { RemoteError } from "./remote-error";

/** Names by which Python 2 and 3 call the module of built-in names. */
const BUILTIN_MODULES = new Set(["builtins", "__builtin__"]);
/** What an exception class may be called; anything else in a reply is refused. */
const EXCEPTION = /(?:Error|Exception|Warning|Exit|Interrupt|Iteration|Expired|Timeout|\.error|\.timeout)$/;
const MAX_ERROR_NODES = 10_000;

/**
 * What `class(*arguments)` stands for. Three forms are data: `str(text)` (addresses travel so), `set(list)` of the
 * old protocols, and in replies exceptions. Everything else is refused: nothing is ever called.
 */
export function applyClass(machine: PickleMachine): void {
  const args = machine.popValue();
  const callee = machine.pop();
  if (!(callee instanceof ClassName) || !(args instanceof PyTuple)) {
    throw new PickleError("only classes can be applied, and only to a tuple");
  }
  machine.push(buildData(callee, args.items, machine.allowErrors));
}

/** The state of an exception (`__dict__`) is not needed by anybody: it is checked and dropped. */
export function dropState(machine: PickleMachine): void {
  asValue(machine.pop());
  if (!(machine.top() instanceof RemoteError)) {
    throw new PickleError("only exceptions may have a state");
  }
}

function buildData(callee: ClassName, args: readonly CommandValue[], allowErrors: boolean): Item {
  const [first] = args;
  if (BUILTIN_MODULES.has(callee.module) && args.length <= 1) {
    if ((callee.name === "str" || callee.name === "unicode") && typeof first === "string") {
      return first;
    }
    if (callee.name === "set" || callee.name === "frozenset") {
      return new Set(Array.isArray(first) ? first.map(asKey) : []);
    }
  }
  const name = `${callee.module}.${callee.name}`;
  if (allowErrors && EXCEPTION.test(name)) {
    checkShape(args, MAX_ERROR_NODES);
    return new RemoteError(name.replace(/^(?:exceptions|__builtin__)\./, "builtins."), args);
  }
  return asValue(callee);
}
