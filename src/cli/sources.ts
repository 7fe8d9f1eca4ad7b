import { JsonClient, type JsonValue } from "../control";
import { formatDuration } from "../model";
import type { ClientIo } from "./client-io";

/** One source as the daemon tells of it: see `get JAIL sources`. */
type Source = Readonly<Record<string, JsonValue>>;

/** Which jails to tell of, none for all, and how. */
export interface SourcesOptions {
  readonly jails: readonly string[];
  readonly json: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Dates further off than this are worth a word, in seconds. */
const NOTABLE_OFFSET = 300;
/** A filter that takes this long for each line of its log, in microseconds, and this long in all, in seconds. */
const NOTABLE_COST = { line: 50, total: 1 };
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g;

/** Prints what the jails read and how it is doing. @throws RemoteError, ConnectionError */
export async function printSources(socket: string, options: SourcesOptions, io: ClientIo): Promise<void> {
  const client = new JsonClient(socket);
  try {
    const names = options.jails.length > 0 ? options.jails : await listJails(client);
    const sources: [string, readonly Source[]][] = [];
    for (const name of names) {
      sources.push([name, (await client.send(["get", name, "sources"])) as readonly Source[]]);
    }
    io.out(
      options.json
        ? `${JSON.stringify(Object.fromEntries(sources))}\n`
        : sources.map(([name, list]) => formatSources(name, list, options.now)).join(""),
    );
  } finally {
    client.close();
  }
}

/** A jail and its sources for people, one line each with what is wrong below it. */
export function formatSources(jail: string, sources: readonly Source[], now: number): string {
  const lines = sources.flatMap((source) => [
    `  ${textOf(source["path"])}: ${describe(source, now)}`,
    ...listWorries(source).map((worry) => `    ${worry}`),
  ]);
  const all = [`[${jail}]`, ...(lines.length === 0 ? ["  reads nothing"] : lines)];
  return all.map((line) => `${line.replaceAll(CONTROLS, "?")}\n`).join("");
}

function describe(source: Source, now: number): string {
  const last = source["last-line"];
  const heard = typeof last === "number" ? `, the last ${ago(now - last)} ago` : "";
  const behind = numberOf(source["bytes-behind"]);
  const waiting = behind > 0 ? `, ${behind} bytes to be read` : "";
  const lines = numberOf(source["lines"]);
  return `${textOf(source["state"])}, ${lines} lines${heard}, ${numberOf(source["matched"])} matched${waiting}`;
}

function listWorries(source: Source): string[] {
  const state = textOf(source["state"]);
  const delay = numberOf(source["seconds-behind"]);
  const sampled = numberOf(source["dates-sampled"]);
  const missing = numberOf(source["dates-missing"]);
  const offset = numberOf(source["clock-offset"]);
  return [
    ...(state === "waiting" ? ["is not there, or cannot be read: the log tells why"] : []),
    ...(state === "silent" ? ["used to speak, and has said nothing for longer than ever"] : []),
    ...(delay > 1 ? [`is read ${ago(delay)} late`] : []),
    ...describeCost(numberOf(source["filter-seconds"]), numberOf(source["lines"])),
    ...(missing * 2 > sampled
      ? [`${missing} of ${sampled} lines looked at have no date that can be read`]
      : []),
    ...(Math.abs(offset) > NOTABLE_OFFSET
      ? [`its dates are ${ago(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead of"} the clock`]
      : []),
  ];
}

function describeCost(seconds: number, lines: number): string[] {
  const each = Math.round((seconds * 1e6) / Math.max(1, lines));
  return seconds > NOTABLE_COST.total && each > NOTABLE_COST.line
    ? [`its filter is expensive: ${each} µs for each line, ${ago(seconds)} in all`]
    : [];
}

async function listJails(client: JsonClient): Promise<readonly string[]> {
  const status = (await client.send(["status"])) as readonly (readonly [string, JsonValue])[];
  const [, list] = status.find(([label]) => label === "Jail list") ?? [];
  return typeof list === "string" ? list.split(", ").filter((name) => name !== "") : [];
}

function ago(seconds: number): string {
  return formatDuration(Math.max(0, Math.round(seconds)));
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
