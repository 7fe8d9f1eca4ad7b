import type { OptionSource } from "../../config";
import { formatOrigin, type Origin } from "../../model";
import type { ShownOption, ValueLine } from "./jail-values";

/** Places stand in a column from here on. */
const COLUMN = 56;
const LONGEST_SHOWN = 60;

/** All options, one below the other under the name of what they belong to. */
export function formatList(options: readonly ShownOption[]): string {
  let part = "";
  return options
    .map((shown) => {
      const isNew = shown.part !== part;
      const gap = part === "" ? "" : "\n";
      part = shown.part;
      // An action's own place comes as an option without a name.
      const [first] = shown.option === "" ? shown.lines : [];
      const title = isNew ? `${gap}${withPlace(part, first?.origin)}\n` : "";
      return title + (shown.option === "" ? "" : formatOption(shown));
    })
    .join("");
}

/** Options, each with every place that sets it, the one in effect first. */
export function formatExplanations(options: readonly ShownOption[]): string {
  let part = "";
  return options
    .map((shown) => {
      const title = shown.part === part ? "" : `${part === "" ? "" : "\n"}${shown.part}\n`;
      part = shown.part;
      return title + formatExplanation(shown);
    })
    .join("");
}

function formatExplanation(shown: ShownOption): string {
  const chain = [...shown.chain].reverse();
  const isBuiltIn = chain.length === 0 && !shown.lines.some(({ origin }) => origin);
  return [
    formatOption({ ...shown, chain: [] }),
    ...chain.map((source, i) => `      ${i === 0 ? "set" : "over"} ${formatSource(source)}\n`),
    ...(isBuiltIn ? ["      built in, set nowhere\n"] : []),
  ].join("");
}

/** The facts of options as JSON. */
export function toJson(options: readonly ShownOption[]): object[] {
  return options
    .filter(({ option }) => option !== "")
    .map(({ part, option, lines, chain, problem }) => ({
      part,
      option,
      value: lines.length === 0 ? null : lines.map(({ text }) => text).join("\n"),
      places: lines.map(({ origin }) => (origin ? formatOrigin(origin) : null)),
      chain: chain.map(({ section, text, origin }) => ({
        section,
        text,
        place: origin ? formatOrigin(origin) : null,
      })),
      ...(problem !== undefined && { problem }),
    }));
}

function formatOption({ option, lines, chain, problem }: ShownOption): string {
  if (problem !== undefined) {
    return withPlace(`  ${option}: ${problem}`, chain.at(-1)?.origin).concat("\n");
  }
  const [first, ...more] = lines;
  if (more.length === 0) {
    return `${formatLine(`  ${option} = `, first, chain.length > 1 ? chain.length - 1 : 0)}\n`;
  }
  return [`  ${option} =`, ...lines.map((line) => formatLine("      ", line, 0)), ""].join("\n");
}

function formatLine(head: string, line: ValueLine | undefined, hidden: number): string {
  const text = `${head}${line?.text ?? ""}`;
  const more = hidden === 0 ? "" : `, over ${hidden} other${hidden === 1 ? "" : "s"}`;
  return withPlace(text, line?.origin, more);
}

function withPlace(text: string, origin: Origin | undefined, more = ""): string {
  const gap = text.length > COLUMN ? `\n${" ".repeat(COLUMN)}` : " ".repeat(COLUMN - text.length);
  return origin ? `${text}${gap}  ${formatOrigin(origin)}${more}` : text;
}

function formatSource({ section, text, origin }: OptionSource): string {
  const [first = "", ...rest] = text.split("\n");
  const shown = first.length > LONGEST_SHOWN ? `${first.slice(0, LONGEST_SHOWN)}…` : first;
  const place = origin ? formatOrigin(origin) : "by the program";
  return `at ${place} in [${section}]: ${shown}${rest.length > 0 ? " …" : ""}`;
}
