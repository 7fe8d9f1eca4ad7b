import type { Origin } from "../model";
import { ConfigError } from "./config-error";
import { interpolate } from "./interpolation";
import { JAIL_OPTIONS } from "./known-options";
import type { MergedConfig } from "./merged-config";
import { startOf } from "./origin-text";
import type { Configuration } from "./read";

/** One place that sets an option. */
export interface OptionSource {
  /** The section it stands in: the one asked for, or `DEFAULT`. */
  readonly section: string;
  /** As written, references not filled in. */
  readonly text: string;
  readonly origin?: Origin;
}

/** Where the value of an option comes from. */
export interface OptionExplanation {
  /** With references filled in; absent when it is set nowhere or a reference fails. */
  readonly value?: string;
  /** The place that wins; absent when the value is built in. */
  readonly origin?: Origin;
  /** All places that set it, the winner last. */
  readonly chain: readonly OptionSource[];
  /** Why there is no value although the option is set. */
  readonly problem?: string;
}

/**
 * Explains an option of a jail, or of fail2ban.conf's sections `Definition` and `Thread`.
 * `undefined` when there is no such section.
 */
export function explainOption(
  configuration: Configuration,
  section: string,
  option: string,
): OptionExplanation | undefined {
  const { jailConfig, serverConfig } = configuration;
  const config = [jailConfig, serverConfig].find((candidate) => hasOwn(candidate, section));
  if (!config) {
    return undefined;
  }
  const chain = listSources(config, section, option.toLowerCase());
  const origin = chain.at(-1)?.origin;
  return { chain, ...(origin && { origin }), ...evaluate(config, section, option.toLowerCase()) };
}

/** The options of a jail: all that exist, then what else its section sets, such as `port` or `mode`. */
export function listJailOptions(configuration: Configuration, jail: string): string[] {
  const own = [...(configuration.jailConfig.getSection(jail)?.keys() ?? [])];
  return [...new Set([...JAIL_OPTIONS.keys(), ...own.filter((option) => !option.startsWith("known/"))])];
}

function hasOwn(config: MergedConfig, section: string): boolean {
  return section === "DEFAULT" || config.hasSection(section);
}

function listSources(config: MergedConfig, section: string, option: string): OptionSource[] {
  const sections = section === "DEFAULT" ? [section] : ["DEFAULT", section];
  return sections.flatMap((name) =>
    config.getHistory(name, option).map((definition) => {
      const origin = startOf(definition.value);
      return origin
        ? { section: name, text: definition.value.text, origin }
        : { section: name, text: definition.value.text };
    }),
  );
}

function evaluate(
  config: MergedConfig,
  section: string,
  option: string,
): Pick<OptionExplanation, "value" | "problem"> {
  try {
    const value = interpolate(config, { section, option })?.text ?? JAIL_OPTIONS.get(option)?.fallback;
    return value === undefined ? {} : { value };
  } catch (error) {
    if (error instanceof ConfigError) {
      return { problem: error.message };
    }
    throw error;
  }
}
