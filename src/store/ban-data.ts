import type { Ban, BanData, GroupValue, MatchedLine } from "../model";

/** What the `data` column holds, as parsed. */
export interface StoredData extends BanData {
  /** The address when the offender's id is not the address itself. */
  readonly ip?: string;
}

/**
 * The `data` column of a ban: JSON with matches, failures and groups, sets as lists.
 * Only the last `maxMatches` lines are kept; the key is left out for 0.
 */
export function encodeBanData(ban: Pick<Ban, "data" | "ip">, maxMatches: number): Uint8Array {
  const { matches, failures, groups } = ban.data;
  const fields = new Map<string, unknown>();
  if (maxMatches > 0) {
    fields.set("matches", matches.slice(-maxMatches));
  }
  fields.set("failures", failures);
  for (const [name, value] of groups) {
    if (!fields.has(name) && name !== "matches") {
      fields.set(name, typeof value === "string" ? value : [...value]);
    }
  }
  if (ban.ip !== undefined) {
    fields.set("ip", ban.ip);
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
}

/** What many bans have in common, such as all that were made by command, is there once. */
const NO_GROUPS: BanData["groups"] = new Map();
const NO_MATCHES: BanData["matches"] = [];

/** Reads a `data` column, text or bytes; what does not fit is left out, nothing readable gives an empty one. */
export function decodeBanData(data: unknown): StoredData {
  const fields = parseObject(data);
  const groups = new Map<string, GroupValue>();
  for (const [name, value] of Object.entries(fields)) {
    const group = toGroup(value);
    if (name !== "matches" && name !== "failures" && name !== "ip" && group !== undefined) {
      groups.set(name, group);
    }
  }
  const { ip, failures, matches } = fields;
  return {
    matches: Array.isArray(matches) && matches.length > 0 ? matches.flatMap(toMatch) : NO_MATCHES,
    failures: typeof failures === "number" ? failures : 1,
    groups: groups.size > 0 ? groups : NO_GROUPS,
    ...(typeof ip === "string" ? { ip } : {}),
  };
}

function parseObject(data: unknown): Readonly<Record<string, unknown>> {
  try {
    const text = data instanceof Uint8Array ? Buffer.from(data).toString() : String(data);
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function toGroup(value: unknown): GroupValue | undefined {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
}

function toMatch(value: unknown): MatchedLine[] {
  if (typeof value === "string") {
    return [value];
  }
  const parts: unknown[] = Array.isArray(value) ? value : [];
  const [before, date, after] = parts;
  return typeof before === "string" && typeof date === "string" && typeof after === "string"
    ? [[before, date, after]]
    : [];
}
