import { resolve } from "node:path";
import { formatPythonString, formatPythonText, type CommandValue, type Origin } from "../model";
import { pathExists } from "../platform";
import { splitCalls, type Call } from "./call-syntax";
import { ConfigError } from "./config-error";
import { joinPath } from "./file-list";
import type { JailContext } from "./jail-context";
import { openDefinition, parseReference, type DefinitionKind } from "./jail-definition";
import { ACTION_OPTIONS, RUNTIME_TAGS } from "./known-options";
import { toCommandValue, type OptionValue } from "./option-value";
import { listLines, startOf, type OriginText } from "./origin-text";
import type { StreamEntry } from "./stream";

const ACTION: DefinitionKind = {
  what: "action",
  folder: "action.d",
  unreadable: "Unable to read action",
  types: ACTION_OPTIONS,
};

/** Actions that are programs: fail2ban's in Python, ours in JavaScript. */
const SCRIPT = /\.(?:py|[cm]?js|m?ts)$/;
/** The one of fail2ban's that has a counterpart here. */
const SMTP_SCRIPT = "smtp.py";

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
  const actions = calls.map((text) => openAction(context, { text, origin: places.find(text) }, outer));
  // Only when all are found are their tags replaced, so that a missing one is what the user hears of first.
  const entries = actions.flatMap((makeEntries) => makeEntries());
  warnRepeatedNames(context, entries);
  return entries;
}

function warnRepeatedNames(context: JailContext, entries: readonly StreamEntry[]): void {
  const seen = new Set<unknown>();
  for (const { command, origin } of entries.filter((entry) => entry.command[2] === "addaction")) {
    if (seen.has(command[3])) {
      const name = formatPythonText(command[3] ?? null);
      context.warn(`two actions are called ${name}; give one of them an actname=… of its own`, origin);
    }
    seen.add(command[3]);
  }
}

interface ActionCall {
  readonly text: string;
  readonly origin: Origin | undefined;
}

function openAction(
  context: JailContext,
  action: ActionCall,
  outer: ReadonlyMap<string, OptionValue>,
): () => StreamEntry[] {
  const call = parseReference(ACTION, action.text, action.origin);
  if (SCRIPT.test(call.name)) {
    return () => [makeScriptEntry(context, call, action.origin)];
  }
  const args = nameAction(call, context.jail);
  const definition = openDefinition(context, ACTION, { name: call.name, args }, action.origin);
  definition.readOptions(outer, false);
  return () => {
    const values = definition.combine(RUNTIME_TAGS);
    if (!values.get("actionban")) {
      context.warn(`action ${call.name} has no actionban, so a ban does nothing there`, action.origin);
    }
    const name = args.get("actname") ?? call.name;
    return makeActionEntries(context.jail, name, listProperties(values, definition.init), action.origin);
  };
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

/** Commands with their tags replaced, everything else as written: those tags are for run time. */
function listProperties(
  values: ReadonlyMap<string, OptionValue>,
  init: ReadonlyMap<string, OriginText>,
): [string, OptionValue][] {
  return [
    ...[...values].filter(([option]) => ACTION_OPTIONS.has(option)),
    ...[...init].filter(([option]) => !ACTION_OPTIONS.has(option) && !option.startsWith("known/")),
  ];
}

function makeActionEntries(
  jail: string,
  name: string,
  properties: readonly [string, OptionValue][],
  origin: Origin | undefined,
): StreamEntry[] {
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
  const args = new Map(call.args);
  const name = args.get("actname") ?? call.name.replace(SCRIPT, "");
  args.delete("actname");
  const place = joinPath(joinPath(context.library.directory, "action.d"), call.name);
  // The daemon that loads a module has another working directory; fail2ban's own path stays as fail2ban writes it.
  const file = call.name.endsWith(".py") ? place : resolve(place);
  if (call.name.endsWith(".py") && call.name !== SMTP_SCRIPT) {
    context.warn(`action ${call.name} is written in Python, which cannot be run here`, origin);
  } else if (!call.name.endsWith(".py") && !pathExists(file)) {
    throw new ConfigError(
      "config-missing",
      `Unable to read action ${formatPythonString(call.name)}`,
      origin,
      `there is no ${file}`,
    );
  }
  return {
    command: ["set", context.jail, "addaction", name, file, formatJson(args)],
    jail: context.jail,
    ...(origin && { origin }),
  };
}

/** Python's `json.dumps` of a flat object: blanks after separators, everything but printable ASCII escaped. */
function formatJson(args: ReadonlyMap<string, string>): string {
  const members = [...args].map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{${members.join(", ")}}`.replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
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
