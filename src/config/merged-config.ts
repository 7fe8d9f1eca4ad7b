import type { IniFile, IniOptions } from "./ini";
import { startOf, type OriginText } from "./origin-text";

/** One place that sets an option: raw text, later ones win. */
export interface Definition {
  readonly section: string;
  readonly value: OriginText;
}

/** `name?condition`: options of such a section belong to `name`, as `option?condition`. */
const CONDITIONAL = /^([\p{L}\p{N}_]+)(\?.+)$/su;

/** Splits `name?condition`; `undefined` when there is no condition. */
export function splitCondition(name: string): { name: string; condition: string } | undefined {
  const match = CONDITIONAL.exec(name);
  return match ? { name: match[1] ?? "", condition: match[2] ?? "" } : undefined;
}

/** Several files laid over each other: raw values by section, and what each option was before the last file. */
export class MergedConfig {
  readonly defaults = new Map<string, OriginText>();
  readonly #sections = new Map<string, Map<string, OriginText>>();
  readonly #history = new Map<string, Definition[]>();

  /** Names of all sections except `DEFAULT` in the order of their first appearance. */
  get sectionNames(): readonly string[] {
    return [...this.#sections.keys()].filter((name) => !name.startsWith("KNOWN/"));
  }

  hasSection(name: string): boolean {
    return this.#sections.has(name);
  }

  /** A section's own options, without defaults; `undefined` when there is no such section. */
  getSection(name: string): ReadonlyMap<string, OriginText> | undefined {
    return name === "DEFAULT" ? this.defaults : this.#sections.get(name);
  }

  /** The value an option had before the last file that set it. */
  getKnown(section: string, option: string): OriginText | undefined {
    return this.#sections.get(`KNOWN/${section}`)?.get(option);
  }

  /** Every place that sets an option, in the order of the files. */
  getHistory(section: string, option: string): readonly Definition[] {
    return this.#history.get(historyKey(section, option)) ?? [];
  }

  /** Lays one more file on top. */
  addFile(file: IniFile): void {
    for (const [option, value] of file.defaults) {
      this.defaults.set(option, value);
      this.#remember("DEFAULT", option, value);
    }
    for (const [name, options] of file.sections) {
      const conditional = splitCondition(name);
      this.#addSection(
        conditional?.name ?? name,
        conditional ? rename(options, conditional.condition) : options,
      );
    }
  }

  /** Sets defaults that no file can change. */
  setDefaults(values: Iterable<readonly [string, OriginText]>): void {
    for (const [option, value] of values) {
      this.defaults.set(option, value);
    }
  }

  /** Puts values into a section as `known/option`, for references from that section. */
  addKnown(section: string, values: Iterable<readonly [string, OriginText]>): void {
    const own = this.#sections.get(section) ?? new Map<string, OriginText>();
    for (const [option, value] of values) {
      if (!option.startsWith("known/")) {
        own.set(`known/${option}`, value);
      }
    }
    this.#sections.set(section, own);
  }

  #addSection(name: string, options: IniOptions): void {
    const own = this.#sections.get(name);
    if (own) {
      this.#shadow(name, own, options);
    }
    const target = own ?? new Map<string, OriginText>();
    for (const [option, value] of options) {
      target.set(option, value);
      this.#remember(name, option, value);
    }
    this.#sections.set(name, target);
  }

  #shadow(name: string, own: ReadonlyMap<string, OriginText>, options: IniOptions): void {
    const shadow = this.#sections.get(`KNOWN/${name}`) ?? new Map<string, OriginText>();
    for (const [option, value] of own) {
      if (options.has(option)) {
        shadow.set(option, value);
      }
    }
    this.#sections.set(`KNOWN/${name}`, shadow);
  }

  #remember(section: string, option: string, value: OriginText): void {
    const key = historyKey(section, option);
    const list = this.#history.get(key) ?? [];
    const start = startOf(value);
    const last = startOf(list.at(-1)?.value);
    // A file that is included twice sets its options twice; one mention is enough.
    if (last === undefined || last.file !== start?.file || last.line !== start.line) {
      list.push({ section, value });
    }
    this.#history.set(key, list);
  }
}

function historyKey(section: string, option: string): string {
  return `${section}\n${option}`;
}

function rename(options: IniOptions, condition: string): IniOptions {
  return new Map([...options].map(([option, value]) => [option + condition, value]));
}
