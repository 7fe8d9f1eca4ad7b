import type { FilterSpec, Origin } from "../model";

/** What a daemon has the check program try with hostile lines. Goes over as JSON. */
export interface FilterCheckRequest {
  readonly filters: readonly { readonly jail: string; readonly filter: FilterSpec }[];
  /** Where to look for the places of regexes that came without. */
  readonly directory?: string;
}

/** A regex that a hostile line can do harm by: the number of a filter of the request, and of its failregex, -1 for the prefregex. */
export interface FilterWeakness {
  readonly filter: number;
  readonly regex: number;
  /** `trick`: have somebody else banned; `stall`: keep the regex busy for ever. */
  readonly harm: "trick" | "stall";
  readonly origin?: Origin;
}

/** The answer to a request. */
export interface FilterCheckReply {
  readonly weaknesses: readonly FilterWeakness[];
  /** Numbers of filters that were not tried to the end, for lack of time. */
  readonly skipped: readonly number[];
}

/** Reads an answer; `undefined` when it is none. */
export function parseFilterCheckReply(text: string): FilterCheckReply | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (
    !isRecord(value) ||
    !isListOf(value["weaknesses"], isWeakness) ||
    !isListOf(value["skipped"], isNumber)
  ) {
    return undefined;
  }
  return { weaknesses: value["weaknesses"], skipped: value["skipped"] };
}

function isWeakness(value: unknown): value is FilterWeakness {
  return (
    isRecord(value) &&
    isNumber(value["filter"]) &&
    isNumber(value["regex"]) &&
    (value["harm"] === "trick" || value["harm"] === "stall") &&
    (value["origin"] === undefined || isOrigin(value["origin"]))
  );
}

function isOrigin(value: unknown): value is Origin {
  return isRecord(value) && typeof value["file"] === "string" && isNumber(value["line"]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(isItem);
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value);
}
