import { formatPythonText, type ActionValue, type Ban, type Command, type CommandValue } from "../model";
import { createBanTarget, type Action } from "../action";
import { RemoteError, keyError, plainError, wordAt } from "../control";
import { makeActionContext } from "./jail-actions";
import type { LiveJail } from "./live-jail";

/** What every action has besides its own properties. */
const COMMANDS = [
  "actionban",
  "actioncheck",
  "actionflush",
  "actionprolong",
  "actionreload",
  "actionrepair",
  "actionstart",
  "actionstop",
  "actionunban",
  "actionreban",
];

/** Names of the things one can ask an action to do. */
const METHODS = ["ban", "consistencyCheck", "flush", "prolong", "reban", "reload", "start", "stop", "unban"];

/** The value of a property of an action. Throws `RemoteError` when there is no such action or property. */
export function actionProperty(jail: LiveJail, action: string, property: string): CommandValue {
  const properties = propertiesOf(jail, action);
  const value = properties.get(property);
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
  return METHODS;
}

/** `set JAIL action NAME METHOD [JSON]`: has an action do something now. */
export async function callAction(jail: LiveJail, name: string, words: Command): Promise<CommandValue> {
  const action = jail.actions.get(name);
  if (!action) {
    throw keyError(`Invalid Action name: ${name}`);
  }
  const outcome = await run(action, formatPythonText(wordAt(words, 0)), () => targetOf(jail, words));
  if (outcome.status === "failed") {
    throw new RemoteError("builtins.RuntimeError", [outcome.message]);
  }
  return outcome.status === "applied" ? true : null;
}

function run(
  action: Action,
  method: string,
  target: () => ReturnType<typeof createBanTarget>,
): ReturnType<Action["start"]> {
  switch (method) {
    case "start":
    case "stop":
    case "flush":
      return action[method]();
    case "ban":
    case "unban":
    case "reban":
    case "prolong":
      return action[method](target());
    case "consistencyCheck":
      return action.check("repair");
    default:
      throw plainError(`Method ${method} of an action cannot be called by command`);
  }
}

/** The ban a method is called with: the one listed for the `ip` of the JSON argument, or one made of it. */
function targetOf(jail: LiveJail, words: Command): ReturnType<typeof createBanTarget> {
  const id = readIp(formatPythonText(words[1] ?? "{}"));
  const ban: Ban = jail.banOf(id) ?? jail.makeBan(id);
  return createBanTarget(ban, makeActionContext(jail, jail.needs));
}

function readIp(json: string): string {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === "object" && parsed !== null && "ip" in parsed) {
      return String(parsed.ip);
    }
  } catch {
    // Falls through to the refusal.
  }
  throw plainError(`The argument of a method is JSON with an "ip", not ${json.slice(0, 200)}`);
}

function propertiesOf(jail: LiveJail, action: string): ReadonlyMap<string, ActionValue> {
  const spec = jail.spec.actions.find((other) => other.name === action);
  if (!spec) {
    throw keyError(`Invalid Action name: ${action}`);
  }
  const unset = COMMANDS.map((name): [string, ActionValue] => [name, ""]);
  return new Map<string, ActionValue>([...unset, ["timeout", 60], ...spec.properties]);
}
