import { formatPythonString, messageOf, type CommandValue, type Origin } from "../model";
import { parseCall, splitCalls, type Call } from "./call-syntax";
import { ConfigError } from "./config-error";
import { Definition } from "./definition";
import { joinPath } from "./file-list";
import type { JailContext } from "./jail-context";
import { joinName } from "./jail-filter";
import { ACTION_OPTIONS, RUNTIME_TAGS } from "./known-options";
import { toCommandValue, type OptionValue } from "./option-value";
import { listLines, makeText, startOf, type OriginText } from "./origin-text";
import type { StreamEntry } from "./stream";

/** The commands for all actions of a jail. Throws `ConfigError` when one cannot be read. */
export function readActions(
  context: JailContext,
  value: OriginText,
  outer: ReadonlyMap<string, OptionValue>,
): StreamEntry[] {
  const places = new CallPlaces(value);
  const calls = splitCalls(value.text, context.budget);
  if (calls.length === 0) {
    context.warn(
      "no action is set; bans are counted and listed but nothing carries them out",
      startOf(value),
    );
  }
  return calls.flatMap((text) => readAction(context, { text, origin: places.find(text) }, outer));
}

interface ActionCall {
  readonly text: string;
  readonly origin: Origin | undefined;
}

function readAction(
  context: JailContext,
  action: ActionCall,
  outer: ReadonlyMap<string, OptionValue>,
): StreamEntry[] {
  const call = parseAction(action);
  if (call.name.endsWith(".py")) {
    return [makeScriptEntry(context, call, action.origin)];
  }
  const config = context.library.load(joinName("action.d", call.name));
  if (!config) {
    const advice = `there is no action.d/${call.name}.conf or .local under ${context.library.directory}`;
    const message = `Unable to read action ${formatPythonString(call.name)}`;
    throw new ConfigError("config-missing", message, action.origin, advice);
  }
  const args = nameAction(call, context.jail);
  const texts = new Map(
    [...args].map(([key, value]): [string, OriginText] => [key, makeText(value, action.origin)]),
  );
  const definition = new Definition({ config, args: texts, types: ACTION_OPTIONS, budget: context.budget });
  definition.readOptions(outer, false);
  return makeActionEntries(context.jail, args.get("actname") ?? call.name, definition, action.origin);
}

/** Adds `name`, the jail's unless given, and `actname`: the file's name with what `name` adds to the jail's. */
function nameAction(call: Call, jail: string): Map<string, string> {
  const args = new Map(call.args);
  const name = args.get("name") ?? jail;
  args.set("name", name);
  if (!args.has("actname")) {
    const suffix = name.startsWith(jail) ? name.slice(jail.length) : `-${name}`;
    args.set("actname", call.name + suffix);
  }
  return args;
}

function makeActionEntries(
  jail: string,
  name: string,
  definition: Definition,
  origin: Origin | undefined,
): StreamEntry[] {
  const values = definition.combine(RUNTIME_TAGS);
  const properties: [string, OptionValue][] = [
    ...[...values].filter(([option]) => ACTION_OPTIONS.has(option)),
    ...[...definition.init].filter(([option]) => !ACTION_OPTIONS.has(option) && !option.startsWith("known/")),
  ];
  const place = { jail, ...(origin && { origin }) };
  const pairs = properties.map(([option, value]): [string, CommandValue] => [option, toCommandValue(value)]);
  const origins = properties.map(([, value]) =>
    value !== null && typeof value === "object" ? startOf(value) : undefined,
  );
  const [only] = pairs;
  const set: CommandValue[] =
    pairs.length === 1 && only
      ? ["set", jail, "action", name, ...only]
      : ["multi-set", jail, "action", name, pairs];
  return [
    { command: ["set", jail, "addaction", name], ...place },
    { command: set, origins, ...place },
  ];
}

function makeScriptEntry(context: JailContext, call: Call, origin: Origin | undefined): StreamEntry {
  const { actname, ...args } = Object.fromEntries(call.args);
  const name = actname ?? call.name.slice(0, -".py".length);
  const file = joinPath(joinPath(context.library.directory, "action.d"), call.name);
  context.warn(`action ${call.name} is written in Python, which cannot be run here`, origin);
  return {
    command: ["set", context.jail, "addaction", name, file, formatJson(args)],
    jail: context.jail,
    ...(origin && { origin }),
  };
}

/** Python's `json.dumps` of a flat object: blanks after separators, everything but printable ASCII escaped. */
function formatJson(args: Readonly<Record<string, string>>): string {
  const members = Object.entries(args).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{${members.join(", ")}}`.replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseAction(action: ActionCall): Call {
  try {
    return parseCall(action.text);
  } catch (error) {
    const message = `Invalid action definition ${formatPythonString(action.text)}: ${messageOf(error)}`;
    throw new ConfigError("config-syntax", message, action.origin);
  }
}

/** Finds the line each call of a list starts on; calls are asked for in their order. */
class CallPlaces {
  readonly #text: string;
  readonly #lines: ReturnType<typeof listLines>;
  #at = 0;
  #line = 0;

  constructor(value: OriginText) {
    this.#text = value.text;
    this.#lines = listLines(value);
  }

  find(call: string): Origin | undefined {
    const start = this.#text.indexOf(call, this.#at);
    this.#line += this.#text.slice(this.#at, start).split("\n").length - 1;
    const origin = this.#lines[this.#line]?.origin;
    this.#line += call.split("\n").length - 1;
    this.#at = start + call.length;
    return origin;
  }
}
