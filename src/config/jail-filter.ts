import { formatPythonString, messageOf } from "../model";
import { parseCall } from "./call-syntax";
import { ConfigError } from "./config-error";
import { Definition } from "./definition";
import type { JailContext } from "./jail-context";
import { FILTER_OPTIONS } from "./known-options";
import type { OptionValue } from "./option-value";
import { makeText, startOf, type OriginText } from "./origin-text";

/** The filter a jail names; `undefined` for none. Throws `ConfigError` when it cannot be read. */
export function openFilter(
  context: JailContext,
  call: OriginText | undefined,
  backend: string,
): Definition | undefined {
  if (!call || call.text === "") {
    context.warn("no filter is set; only regexes of the jail itself can find failures", startOf(call));
    return undefined;
  }
  const { name, args } = parseFilter(call);
  const config = context.library.load(joinName("filter.d", name));
  if (!config) {
    const advice = `there is no filter.d/${name}.conf or .local under ${context.library.directory}`;
    const message = `Unable to read the filter ${formatPythonString(name)}`;
    throw new ConfigError("config-missing", message, startOf(call), advice);
  }
  const origin = startOf(call);
  const texts = new Map(
    [...args].map(([key, value]): [string, OriginText] => [key, makeText(value, origin)]),
  );
  const filter = new Definition({ config, args: texts, types: FILTER_OPTIONS, budget: context.budget });
  if (!args.get("logtype") && !config.getSection("Definition")?.has("logtype")) {
    filter.setArgument("logtype", makeText(backend.startsWith("systemd") ? "journal" : "file"));
  }
  return filter;
}

/** Reads the filter under the jail's options and gives everything it sets, tags replaced. */
export function readFilter(
  filter: Definition,
  outer: ReadonlyMap<string, OptionValue>,
  all: boolean,
): ReadonlyMap<string, OptionValue> {
  filter.readOptions(outer, all);
  return filter.combine(new Set());
}

/** A name under a folder; an absolute one and `./one` stand for themselves. */
export function joinName(folder: string, name: string): string {
  return name.startsWith("/") ? name : `${folder}/${name}`;
}

function parseFilter(call: OriginText): ReturnType<typeof parseCall> {
  try {
    return parseCall(call.text);
  } catch (error) {
    const message = `Invalid filter definition ${formatPythonString(call.text)}: ${messageOf(error)}`;
    throw new ConfigError("config-syntax", message, startOf(call));
  }
}
