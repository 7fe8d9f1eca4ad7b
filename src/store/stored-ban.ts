import { parseOffender, PERMANENT, type Ban, type BanData } from "../model";
import type { StoredData } from "./ban-data";

const UNKNOWN_BANTIME = -2;

/** Which stored bans come back at start. All in seconds. */
export interface CurrentBansRule {
  /** Bans that began longer ago stay away. */
  readonly maxAge?: number;
  /** For bans stored without a time of their own. */
  readonly bantime: number;
  /** No ban is longer. */
  readonly cap?: number;
}

/** How a stored ban is read. */
interface Reading extends CurrentBansRule {
  readonly decode: (data: unknown) => Stored;
}

/** The data of a ban, and its address apart from that. */
interface Stored {
  readonly ip: string | undefined;
  readonly data: BanData;
}

/** Neighbours with equal data share it: of a hundred thousand bans by command all have the same. */
export function rememberLast(decode: (data: unknown) => StoredData): (data: unknown) => Stored {
  let last: { readonly text: unknown; readonly stored: Stored } | undefined;
  return (text) => {
    if (last === undefined || last.text !== text) {
      const { ip, ...data } = decode(text);
      last = { text, stored: { ip, data } };
    }
    return last.stored;
  };
}

/** What is stored of a ban. */
export type StoredBan = readonly [
  id: string | null,
  time: number | null,
  bantime: number | null,
  bancount: number | null,
  data: string | null,
];

/** A ban as it was stored; what is not there is 0. */
export function toBan(jail: string, [id, time, bantime, bancount, text]: StoredBan, rule: Reading): Ban {
  const { ip, data } = rule.decode(text);
  return {
    jail,
    offender: parseOffender(String(id)),
    ...(ip === undefined ? {} : { ip }),
    time: Number(time),
    bantime: capBantime(Number(bantime), rule),
    bancount: Number(bancount),
    restored: true,
    data,
  };
}

function capBantime(stored: number, { bantime, cap }: CurrentBansRule): number {
  const own = stored === UNKNOWN_BANTIME ? bantime : stored;
  return cap !== undefined && (own === PERMANENT || own > cap) ? cap : own;
}
