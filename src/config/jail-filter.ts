import type { Definition } from "./definition";
import type { JailContext } from "./jail-context";
import { openDefinition, parseReference, type DefinitionKind } from "./jail-definition";
import { FILTER_OPTIONS } from "./known-options";
import type { OptionValue } from "./option-value";
import { makeText, startOf, type OriginText } from "./origin-text";

/** Filters as `openDefinition` wants them told. */
export const FILTER: DefinitionKind = {
  what: "filter",
  folder: "filter.d",
  unreadable: "Unable to read the filter",
  types: FILTER_OPTIONS,
};

/** The filter a jail names; `undefined` for none. Throws `ConfigError` when it cannot be read. */
export function openFilter(
  context: JailContext,
  reference: OriginText | undefined,
  backend: string,
): Definition | undefined {
  const origin = startOf(reference);
  if (!reference || reference.text === "") {
    context.warn("no filter is set; only regexes of the jail itself can find failures", origin);
    return undefined;
  }
  const filter = openDefinition(context, FILTER, parseReference(FILTER, reference.text, origin), origin);
  if (!filter.init.get("logtype")?.text && !filter.defines("logtype")) {
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
