import { formatPython } from "../../model";
import type { FilterChoice } from "./filter-choice";

const LONGEST = 53;
const CUT = 50;

/** The head of every run. */
export const TITLE = "\nRunning tests\n=============\n\n";

/** `Use         maxlines : 1`. */
export function useLine(what: string, value: string): string {
  return `Use ${what.padStart(16)} : ${value}\n`;
}

/** The lines that say what filter is used. */
export function filterLines({ form, name, basedir, options }: FilterChoice): string {
  const head = {
    jail: useLine("jail", name),
    filter: useLine("filter file", `${name}, basedir: ${basedir}`),
    file: useLine("filter file", name),
    line: useLine("failregex line", shorten(name)),
  }[form];
  const what = form === "jail" ? "jail/flt options" : "filter options";
  return options.size === 0 ? head : head + useLine(what, formatPython(options));
}

/** The lines that say what is read when it is no file. */
export function textLines(text: string): string {
  const lines = text.split("\n");
  if (lines.length === 1) {
    return useLine("single line", shorten(text));
  }
  const list = lines.map((line, i) => `| ${String(i + 1).padStart(2)}: ${shorten(line)}\n`);
  return `Use ${"multi line".padStart(15)} : ${lines.length} line(s)\n${list.join("")}\`-\n`;
}

/** A text that fits beside its title. */
export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, CUT)}...` : text;
}
