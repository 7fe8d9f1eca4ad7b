import type { Origin, Problem } from "../model";
import { OptionCollector, type IniOptions } from "./ini-options";
import { indentOf, isPythonSpace, stripText } from "./python-text";

export type { IniOptions } from "./ini-options";

/** One file taken apart: values are raw, each line of them with its place. Sections keep the order of the file. */
export interface IniFile {
  readonly file: string;
  readonly defaults: IniOptions;
  readonly sections: ReadonlyMap<string, IniOptions>;
  readonly problems: readonly Problem[];
}

/** Takes a file apart as Python's configparser does with fail2ban's settings; gathers all problems, never throws. */
export function parseIni(text: string, file: string): IniFile {
  const parser = new IniParser(file);
  // DIFFERS: fail2ban takes a byte order mark for text before the first section and gives up on all files.
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") {
    lines.pop();
  }
  lines.forEach((line, i) => parser.readLine(line, i + 1));
  return parser.finish();
}

class IniParser {
  readonly #file: string;
  readonly #defaults: OptionCollector;
  readonly #sections = new Map<string, OptionCollector>();
  readonly #problems: Problem[] = [];
  #section: OptionCollector | undefined;
  #indent = 0;

  constructor(file: string) {
    this.#file = file;
    this.#defaults = new OptionCollector("DEFAULT");
  }

  readLine(line: string, number: number): void {
    const origin = { file: this.#file, line: number };
    const comment = findComment(line);
    const content = stripText(comment < 0 ? line : line.slice(0, comment));
    if (content === "") {
      if (comment < 0) {
        this.#section?.continueValue("", origin);
      }
      return;
    }
    const indent = indentOf(line);
    if (indent > this.#indent && this.#section?.continueValue(content, origin)) {
      return;
    }
    this.#indent = indent;
    this.#readStatement(content, origin);
  }

  finish(): IniFile {
    return {
      file: this.#file,
      defaults: this.#defaults.finish(),
      sections: new Map([...this.#sections].map(([name, section]) => [name, section.finish()])),
      problems: this.#problems,
    };
  }

  #readStatement(content: string, origin: Origin): void {
    const header = parseHeader(content);
    if (header !== undefined) {
      this.#openSection(header, origin);
    } else if (this.#section === undefined) {
      this.#complain(`"${shorten(content)}" stands before the first [section]`, origin);
    } else {
      this.#readOption(this.#section, content, origin);
    }
  }

  #openSection(name: string, origin: Origin): void {
    if (name === "DEFAULT") {
      this.#section = this.#defaults;
    } else {
      const known = this.#sections.get(name);
      if (known) {
        this.#complain(`section [${name}] is in this file twice; put its options together`, origin);
      }
      this.#section = known ?? new OptionCollector(name);
      this.#sections.set(name, this.#section);
    }
    this.#section.endOption();
  }

  #readOption(section: OptionCollector, content: string, origin: Origin): void {
    const delimiter = content.search(/[=:]/);
    const key = stripText(content.slice(0, Math.max(0, delimiter))).toLowerCase();
    if (delimiter < 0) {
      this.#complain(`"${shorten(content)}" is neither "option = value" nor a [section]`, origin);
      return;
    }
    if (key === "") {
      section.endOption();
      this.#complain(
        `"${shorten(content)}" has no option name before "${content.charAt(delimiter)}"`,
        origin,
      );
      return;
    }
    const first = section.startOption(key, stripText(content.slice(delimiter + 1)), origin);
    if (first) {
      const place = `line ${first.line}`;
      this.#complain(`option "${key}" of [${section.name}] is already set at ${place}; remove one`, origin);
    }
  }

  #complain(message: string, origin: Origin): void {
    // A binary file would otherwise give a problem for each of its lines.
    if (this.#problems.length < 20) {
      this.#problems.push({ severity: "error", message, origin });
    }
  }
}

/** Where a comment starts: the whole line for `#` and `;` in front, or a `;` at the start or after a blank; else -1. */
function findComment(line: string): number {
  if (/^[#;]/.test(line.slice(indentOf(line), indentOf(line) + 1))) {
    return 0;
  }
  let at = line.indexOf(";");
  while (at > 0 && !isPythonSpace(line.charAt(at - 1))) {
    at = line.indexOf(";", at + 1);
  }
  return at;
}

/** The name between `[` and the last `]`; what follows is ignored, an empty name is no header. */
function parseHeader(content: string): string | undefined {
  const end = content.lastIndexOf("]");
  return content.startsWith("[") && end > 1 ? content.slice(1, end) : undefined;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
