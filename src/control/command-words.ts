import { formatPythonText, PyTuple, type Command, type CommandValue } from "../model";
import { indexError, keyError, plainError, typeError } from "./remote-error";

/**
 * A request as a command. What is no list is refused in the words Python finds for it.
 * @throws RemoteError
 */
export function toCommand(request: CommandValue): Command {
  if (Array.isArray(request)) {
    return request as Command;
  }
  if (request instanceof PyTuple) {
    return request.items;
  }
  if (request instanceof Map) {
    throw keyError(0);
  }
  if (typeof request === "string") {
    throw request === "" ? indexError("string index out of range") : plainError("Invalid command");
  }
  throw typeError(`'${pythonTypeName(request)}' object is not subscriptable`);
}

/** The word at a place of a command. @throws RemoteError `IndexError` when the command is shorter */
export function wordAt(command: Command, index: number): CommandValue {
  const word = command[index];
  if (word === undefined) {
    throw indexError();
  }
  return word;
}

/** The word at a place, as text. @throws RemoteError `IndexError` when the command is shorter */
export function textAt(command: Command, index: number): string {
  return formatPythonText(wordAt(command, index));
}

/** All words from a place on, as texts. */
export function textsFrom(command: Command, index: number): readonly string[] {
  return command.slice(index).map(formatPythonText);
}

/** The word at a place, which must be a list. @throws RemoteError */
export function listAt(command: Command, index: number): readonly CommandValue[] {
  const word = wordAt(command, index);
  if (Array.isArray(word)) {
    return word as readonly CommandValue[];
  }
  if (word instanceof PyTuple) {
    return word.items;
  }
  throw typeError(`a list is expected, not '${pythonTypeName(word)}'`);
}

/** The name Python gives to the type of a value. */
export function pythonTypeName(value: CommandValue): string {
  if (value === null) {
    return "NoneType";
  }
  if (typeof value === "string") {
    return "str";
  }
  if (typeof value === "boolean") {
    return "bool";
  }
  return typeof value === "object" ? containerName(value) : numberName(value);
}

function numberName(value: number | bigint): string {
  return typeof value === "bigint" || Number.isInteger(value) ? "int" : "float";
}

function containerName(value: CommandValue & object): string {
  if (Array.isArray(value)) {
    return "list";
  }
  if (value instanceof PyTuple) {
    return "tuple";
  }
  if (value instanceof Map) {
    return "dict";
  }
  return value instanceof Set ? "set" : "float";
}
