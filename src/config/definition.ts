import type { Origin } from "../model";
import type { Budget } from "./budget";
import { interpolate } from "./interpolation";
import { splitCondition, type MergedConfig } from "./merged-config";
import { convertOption, toVars, type OptionType, type OptionValue } from "./option-value";
import { startOf, type OriginText } from "./origin-text";
import { substituteTags } from "./tags";

const TAG_REFERENCE = /^([\p{L}\p{N}_-]+)\/([^\s>]+)$/su;

/** What a filter or action is read with. */
export interface DefinitionInput {
  readonly config: MergedConfig;
  /** Arguments of the jail; their names keep their case. */
  readonly args: ReadonlyMap<string, OriginText>;
  readonly types: ReadonlyMap<string, OptionType>;
  readonly budget: Budget;
}

/**
 * A filter or action file together with the arguments of one jail.
 * Definition options give way to Init options, those to the arguments.
 */
export class Definition {
  readonly #input: DefinitionInput;
  readonly #init: Map<string, OriginText>;
  readonly #found = new Map<string, OriginText | undefined>();
  #options = new Map<string, OriginText | null>();
  #vars = new Map<string, OriginText>();

  constructor(input: DefinitionInput) {
    this.#input = input;
    this.#init = new Map(input.args);
  }

  /** Arguments and Init options, tags still in them; `known/x` is the value of the file before an argument. */
  get init(): ReadonlyMap<string, OriginText> {
    return this.#init;
  }

  /** Whether the file's own [Definition] has the option. */
  defines(option: string): boolean {
    return this.#input.config.getSection("Definition")?.has(option) ?? false;
  }

  /** Where the value of an option was written that was read last; for values that are numbers by now. */
  placeOf(option: string): Origin | undefined {
    return startOf(this.#init.get(option) ?? this.#options.get(option) ?? undefined);
  }

  /** Sets an argument that the jail did not give. */
  setArgument(name: string, value: OriginText): void {
    this.#init.set(name, value);
  }

  /**
   * Reads the options anew. `outer` are the jail's own options: what they set is not taken from the file.
   * With `all` the helper options of [Definition] are read as well.
   */
  readOptions(outer: ReadonlyMap<string, OptionValue>, all: boolean): void {
    const { config, types } = this.#input;
    const given = new Map<string, OptionValue>([...outer, ...this.#init]);
    this.#vars = toVars(given);
    this.#options = new Map();
    for (const option of types.keys()) {
      if (!given.has(option)) {
        this.#readOption(option);
      }
    }
    this.#readInit();
    for (const option of all ? (config.getSection("Definition")?.keys() ?? []) : []) {
      if (!this.#options.has(option)) {
        this.#setOption(option, this.#get("Definition", option));
      }
    }
  }

  /** All options with tags replaced and types converted. */
  combine(ignore: ReadonlySet<string>): Map<string, OptionValue> {
    const combined = new Map<string, OriginText | null>([...this.#options, ...this.#init]);
    const stays = new Set(ignore);
    for (const name of combined.keys()) {
      stays.add(splitCondition(name)?.name ?? "");
    }
    const { budget } = this.#input;
    const values: Map<string, OptionValue> = new Map(
      substituteTags(combined, { ignore: stays, find: (tag) => this.#findTag(tag), budget }),
    );
    for (const [option, type] of this.#input.types) {
      const value = values.get(option);
      if (value !== null && typeof value === "object") {
        values.set(option, convertOption(value, type));
      }
    }
    return values;
  }

  #readOption(option: string): void {
    // A file without [Definition] gives every option as None.
    const value = this.#input.config.getSection("Definition")
      ? this.#get("Definition", option, this.#vars)
      : null;
    this.#setOption(option, value);
  }

  #setOption(option: string, value: OriginText | null | undefined): void {
    if (value !== undefined) {
      this.#options.set(option, value);
    }
  }

  #readInit(): void {
    for (const option of this.#input.config.getSection("Init")?.keys() ?? []) {
      const isKnown = option.startsWith("known/");
      const value = isKnown && this.#init.has(option) ? undefined : this.#get("Init", option);
      if (value === undefined) {
        continue;
      }
      if (!isKnown) {
        this.#init.set(`known/${option}`, value);
      }
      if (!this.#init.has(option)) {
        this.#init.set(option, this.#conditionalOverride(option) ?? value);
      }
    }
  }

  /** An argument `x` also stands for `x?condition` unless that is given as well. */
  #conditionalOverride(option: string): OriginText | undefined {
    const conditional = splitCondition(option);
    return conditional && this.#input.args.get(conditional.name);
  }

  #get(section: string, option: string, vars?: ReadonlyMap<string, OriginText>): OriginText | undefined {
    const { config, budget } = this.#input;
    return interpolate(config, { section, option, budget, ...(vars && { vars }) });
  }

  #findTag(tag: string): OriginText | undefined {
    if (!this.#found.has(tag)) {
      this.#found.set(tag, this.#findInSections(tag) ?? this.#get("Definition", tag, this.#vars));
    }
    return this.#found.get(tag);
  }

  /** `<section/option>`; `known` is the value before the last file, or else the present one. */
  #findInSections(tag: string): OriginText | undefined {
    const match = TAG_REFERENCE.exec(tag);
    const section = match?.[1] ?? "";
    const option = match?.[2] ?? "";
    if (!match) {
      return undefined;
    }
    if (section.toLowerCase() === "known") {
      return this.#get("KNOWN/Definition", option) ?? this.#get("Definition", option);
    }
    return this.#get(section.toLowerCase() === "default" ? "DEFAULT" : section, option);
  }
}
