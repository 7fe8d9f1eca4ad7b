import {
  formatPython,
  formatPythonText,
  type ActionSpec,
  type ActionValue,
  type CommandValue,
} from "../model";
import { readTime } from "./read-time";
import { indexError, keyError, plainError, type JailChange } from "../control";

/** Changes to the list of actions of a jail, or to the properties of one. */
export type ActionChange = Extract<
  JailChange,
  { readonly type: "add-action" | "del-action" | "set-action" | "multi-set-action" }
>;

/** The actions with one change made. Throws `RemoteError` for an unknown action, or one that is there already. */
export function changeActions(actions: readonly ActionSpec[], change: ActionChange): readonly ActionSpec[] {
  const known = actions.find((action) => action.name === change.action);
  if (change.type === "add-action") {
    if (known) {
      throw plainError(`Action ${change.action} already exists`);
    }
    const script = change.script ? { script: change.script } : {};
    return [...actions, { name: change.action, properties: new Map(), ...script }];
  }
  if (!known) {
    throw keyError(`Invalid Action name: ${change.action}`);
  }
  if (change.type === "del-action") {
    return actions.filter((action) => action !== known);
  }
  const entries = change.type === "set-action" ? [change.words] : change.entries;
  const properties = new Map(known.properties);
  for (const [name, value] of entries) {
    if (name === undefined || value === undefined) {
      throw indexError();
    }
    properties.set(formatPythonText(name), propertyValue(formatPythonText(name), value));
  }
  return actions.map((action) => (action === known ? { ...known, properties } : action));
}

function propertyValue(name: string, value: CommandValue): ActionValue {
  const plain = toActionValue(value);
  return name === "timeout" ? readTime(value) : plain;
}

/** A value an action property can have; anything that is not plain is refused. */
export function toActionValue(value: CommandValue): ActionValue {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean"
  ) {
    return value;
  }
  throw plainError(`Invalid value ${formatPython(value)} for a property of an action`);
}
