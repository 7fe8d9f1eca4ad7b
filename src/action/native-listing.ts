import { makeIp, parseIp } from "../model";
import type { HeldElement } from "./native-backend";
import { parseSetName, type NftNames } from "./native-script";
import type { NftSettings } from "./native-settings";

/** What a table holds, as `nft -j` tells. */
export interface NftListing extends NftNames {
  /** How many rules each chain has. */
  readonly rules: ReadonlyMap<string, number>;
  /** Elements of the sets of one action by the text of their address. */
  readonly elements: ReadonlyMap<string, HeldElement>;
}

/** What is there when there is no table. */
export const NOTHING: NftListing = { chains: [], sets: [], rules: new Map(), elements: new Map() };

/** The command, in JSON, that lists a table. */
export function formatTableQuery({ table }: NftSettings): string {
  return JSON.stringify({ nftables: [{ list: { table: { family: "inet", name: table } } }] });
}

/**
 * Commands, in JSON, that list the chains and sets of a table without rules. Version 1.0.6 reads all elements of a table
 * to list it, even where they are not wanted; for these two it does not. It tells of those of other tables as well.
 */
export function formatOutlineQuery({ table }: NftSettings): string {
  const where = { family: "inet", table };
  return JSON.stringify({ nftables: [{ list: { chains: where } }, { list: { sets: where } }] });
}

/** The command, in JSON, that lists one set. */
export function formatSetQuery({ table }: NftSettings, name: string): string {
  return JSON.stringify({ nftables: [{ list: { set: { family: "inet", table, name } } }] });
}

/** Reads the answers of nft, one JSON document to a line; `undefined` when they are no such answers. */
export function parseListing(text: string, settings: NftSettings): NftListing | undefined {
  const chains: string[] = [];
  const sets: string[] = [];
  const rules = new Map<string, number>();
  const elements = new Map<string, HeldElement>();
  try {
    for (const line of text.split("\n").filter((part) => part.trim() !== "")) {
      for (const item of arrayOf(fieldOf(JSON.parse(line), "nftables"))) {
        if (!isOfTable(item, settings)) {
          continue;
        }
        const chain = textOf(fieldOf(fieldOf(item, "chain"), "name"));
        const rule = textOf(fieldOf(fieldOf(item, "rule"), "chain"));
        const set = fieldOf(item, "set");
        const name = textOf(fieldOf(set, "name"));
        chains.push(...(chain === undefined ? [] : [chain]));
        sets.push(...(name === undefined ? [] : [name]));
        if (rule !== undefined) {
          rules.set(rule, (rules.get(rule) ?? 0) + 1);
        }
        for (const element of readElements(set, settings)) {
          elements.set(element.ip.text, element);
        }
      }
    }
  } catch {
    return undefined;
  }
  return { chains, sets, rules, elements };
}

function isOfTable(item: unknown, { table }: NftSettings): boolean {
  const thing = fieldOf(item, "chain") ?? fieldOf(item, "set") ?? fieldOf(item, "rule");
  const place = textOf(fieldOf(thing, "table"));
  return place === undefined || (place === table && fieldOf(thing, "family") === "inet");
}

function readElements(set: unknown, settings: NftSettings): readonly HeldElement[] {
  const own = parseSetName(settings, textOf(fieldOf(set, "name")) ?? "");
  return own === undefined
    ? []
    : arrayOf(fieldOf(set, "elem")).flatMap((item) => {
        const detail = fieldOf(item, "elem");
        const ip = parseIp(textOf(detail === undefined ? item : fieldOf(detail, "val")) ?? "");
        const left = fieldOf(detail, "expires");
        const seconds = typeof left === "number" ? left : Number.POSITIVE_INFINITY;
        const packets = fieldOf(fieldOf(detail, "counter"), "packets");
        const counted = typeof packets === "number" ? { packets } : {};
        const held = ip && own.prefix !== ip.prefix ? makeIp(ip.family, ip.bits, own.prefix) : ip;
        return held ? [{ ip: held, left: seconds, ...counted }] : [];
      });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
