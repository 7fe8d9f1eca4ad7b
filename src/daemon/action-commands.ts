import { formatPythonText, type ActionValue, type Command, type CommandValue } from "../model";
import type { GivenTags } from "../action";
import { RemoteError, keyError, plainError, wordAt } from "../control";
import { ACTION_METHODS } from "../action";
import type { LiveJail } from "./live-jail";

/** Properties every action has, besides those it was given. */
const BUILT_IN: readonly (readonly [string, ActionValue])[] = [
  ["actionban", ""],
  ["actioncheck", ""],
  ["actionflush", ""],
  ["actionprolong", ""],
  ["actionreban", ""],
  ["actionreload", ""],
  ["actionrepair", ""],
  ["actionstart", ""],
  ["actionstop", ""],
  ["actionunban", ""],
  ["timeout", 60],
];

/** Whether the words of a `set JAIL action NAME …` call a method; otherwise they set a property. */
export function isMethodCall(words: Command): boolean {
  return ACTION_METHODS.includes(formatPythonText(wordAt(words, 0)));
}

/** The value of a property of an action. Throws `RemoteError` when there is no such action or property. */
export function actionProperty(jail: LiveJail, action: string, property: string): CommandValue {
  const value = propertiesOf(jail, action).get(property);
  if (value === undefined) {
    throw new RemoteError("builtins.AttributeError", [
      `'CommandAction' object has no attribute '${property}'`,
    ]);
  }
  return value;
}

/** Names of the properties of an action. */
export function actionProperties(jail: LiveJail, action: string): CommandValue {
  return [...propertiesOf(jail, action).keys()].sort();
}

/** Names of the methods of an action. */
export function actionMethods(jail: LiveJail, action: string): CommandValue {
  propertiesOf(jail, action);
  return [...ACTION_METHODS].sort();
}

/** `set JAIL action NAME METHOD [JSON]`: has an action do something now, with these tags. */
export async function callAction(jail: LiveJail, name: string, words: Command): Promise<CommandValue> {
  propertiesOf(jail, name);
  const method = formatPythonText(wordAt(words, 0));
  const outcome = await jail.actions.call(name, method, readTags(formatPythonText(words[1] ?? "{}")));
  if (outcome?.status === "failed") {
    throw new RemoteError("builtins.RuntimeError", [outcome.message]);
  }
  return outcome?.status === "applied" ? true : null;
}

function readTags(json: string): GivenTags {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === "object" && parsed !== null) {
      return new Map(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
    }
  } catch {
    // Falls through to the refusal.
  }
  throw plainError(`The argument of a method is a JSON object, not ${json.slice(0, 200)}`);
}

function propertiesOf(jail: LiveJail, action: string): ReadonlyMap<string, ActionValue> {
  const spec = jail.spec.actions.find((other) => other.name === action);
  if (!spec) {
    throw keyError(`Invalid Action name: ${action}`);
  }
  return new Map<string, ActionValue>([...BUILT_IN, ...spec.properties]);
}
