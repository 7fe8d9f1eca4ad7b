import { formatPythonString, messageOf, type Origin } from "../model";
import { parseCall, type Call } from "./call-syntax";
import { ConfigError } from "./config-error";
import { Definition } from "./definition";
import type { JailContext } from "./jail-context";
import type { OptionType } from "./option-value";
import { warnSections } from "./misplaced-options";
import { makeText, type OriginText } from "./origin-text";
import { warnUnknownArguments, warnUnknownOptions } from "./unknown-options";

/** What tells filters and actions apart when a jail names one. */
export interface DefinitionKind {
  readonly what: "filter" | "action";
  readonly folder: "filter.d" | "action.d";
  /** How fail2ban's message about an unreadable one begins. */
  readonly unreadable: string;
  readonly types: ReadonlyMap<string, OptionType>;
}

/** Takes `name[args]` of a jail apart; throws `ConfigError` with fail2ban's message. */
export function parseReference(kind: DefinitionKind, text: string, origin: Origin | undefined): Call {
  try {
    return parseCall(text);
  } catch (error) {
    const message = `Invalid ${kind.what} definition ${formatPythonString(text)}: ${messageOf(error)}`;
    throw new ConfigError("config-syntax", message, origin);
  }
}

/** Opens the filter or action a jail names, with its arguments; throws `ConfigError` when there is none. */
export function openDefinition(
  context: JailContext,
  kind: DefinitionKind,
  call: Call,
  origin: Origin | undefined,
): Definition {
  const { name, args } = call;
  // An absolute name and `./name` stand for themselves.
  const config = context.library.load(name.startsWith("/") ? name : `${kind.folder}/${name}`);
  if (!config) {
    const message = `${kind.unreadable} ${formatPythonString(name)}`;
    const advice = `there is no ${kind.folder}/${name}.conf or .local under ${context.library.directory}`;
    throw new ConfigError("config-missing", message, origin, advice);
  }
  if (context.library.isNew(config)) {
    const options = {
      config,
      section: "Definition",
      what: `option of ${kind.what} ${name}`,
      kind: kind.what,
    };
    warnUnknownOptions(context, options, new Set(kind.types.keys()));
    warnSections(context, config, { kind: kind.what, what: `${kind.what} ${name}` });
  }
  const given = { args: args.keys(), config, what: `argument of ${kind.what} ${name}`, origin };
  warnUnknownArguments(context, given, kind.types.keys());
  const texts = [...args].map(([key, value]): [string, OriginText] => [key, makeText(value, origin)]);
  return new Definition({ config, args: new Map(texts), types: kind.types, budget: context.budget });
}
