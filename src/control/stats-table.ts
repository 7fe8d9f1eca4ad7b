import { formatPythonText, type CommandValue } from "../model";
import { expectShape, itemsOf } from "./reply-shape";

interface Row {
  readonly jail: string;
  readonly backend: string;
  /** Current and total of the filter, current and total of the actions. */
  readonly counts: readonly string[];
}

const ASCII: ReadonlyMap<string, string> = new Map([
  ["║", "|"],
  ["═", "-"],
  ["╟", "|"],
  ["╫", "x"],
  ["╬", "x"],
  ["╩", "-"],
  ["│", "|"],
  ["─", "-"],
]);

/** The table of `stats`: a row for each jail. Without `unicode` the lines are drawn with ASCII. */
export function formatStatsTable(value: CommandValue, unicode: boolean): string {
  expectShape(value instanceof Map);
  const entries = [...(value as ReadonlyMap<CommandValue, CommandValue>)];
  if (entries.length === 0) {
    return "No jails found.";
  }
  const table = drawTable(entries.map(([jail, stats]) => makeRow(jail, stats)));
  return unicode ? table : table.replace(/[\u2500-\u257f]/g, (line) => ASCII.get(line) ?? line);
}

function makeRow(jail: CommandValue, stats: CommandValue): Row {
  const [backend, filter, actions] = itemsOf(stats);
  const counts = [...itemsOf(filter ?? null), ...itemsOf(actions ?? null)];
  expectShape(counts.length === 4);
  return {
    jail: formatPythonText(jail),
    backend: formatPythonText(backend ?? null),
    counts: counts.map(formatPythonText),
  };
}

function drawTable(rows: readonly Row[]): string {
  const jail = widest(rows, (row) => row.jail, 8);
  const backend = widest(rows, (row) => row.backend, 8);
  const counts = [0, 1, 2, 3].map((i) => widest(rows, (row) => row.counts[i] ?? "", 3));
  const [a = 3, b = 3, c = 3, d = 3] = counts;
  const names = ` ${"Jail".padEnd(jail)} ║ ${"Backend".padEnd(backend)} `;
  const bar = (length: number): string => "═".repeat(length);
  const rule = (cross: string): string =>
    [bar(jail + 2), bar(backend + 2), bar(a + b + 5), bar(c + d + 5)].join(cross);
  return [
    `${" ".repeat(jail + 2)}║${" ".repeat(backend + 2)}║ ${"Filter".padEnd(a + b + 3)} ║ ${"Actions".padEnd(c + d + 3)}`,
    `${names}╟${"─".repeat(a + b + 5)}╫${"─".repeat(c + d + 5)}`,
    `${" ".repeat(jail + 2)}║${" ".repeat(backend + 2)}║ ${drawCounts(["cur", "tot"], [a, b])} ║ ${drawCounts(["cur", "tot"], [c, d])}`,
    rule("╬"),
    ...rows.map(
      (row) =>
        ` ${row.jail.padEnd(jail)} ║ ${row.backend.padEnd(backend)} ║ ${drawCounts(row.counts.slice(0, 2), [a, b])} ║ ${drawCounts(row.counts.slice(2), [c, d])}`,
    ),
    rule("╩"),
  ].join("\n");
}

function drawCounts(texts: readonly string[], widths: readonly number[]): string {
  return texts.map((text, i) => text.padStart(widths[i] ?? 0)).join(" │ ");
}

function widest(rows: readonly Row[], pick: (row: Row) => string, least: number): number {
  return rows.reduce((width, row) => Math.max(width, pick(row).length), least);
}
