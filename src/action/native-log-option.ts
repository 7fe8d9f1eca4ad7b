import type { Properties } from "./native-backend";
import { complain, textOf } from "./native-properties";

/** How packets of the banned are handed to a program that listens for them (ulogd); safe to stand in a script. */
export interface PacketLog {
  readonly group: number;
  readonly prefix: string;
  /** No more than that is handed over, such as `10/second`; all the rest is dropped unseen. */
  readonly rate: string;
  /** So many at once. */
  readonly burst: number;
}

const FORM =
  /^nflog(?: group (\d{1,5}))?(?: prefix (?:"([^"]*)"|(\S+)))?(?: limit (?:rate )?(\d{1,5}\/(?:second|minute|hour|day))(?: burst (\d{1,4})(?: packets)?)?)?$/i;
/** iptables takes 64 signs. */
const PREFIX = /^[A-Za-z0-9 _.:[\]=-]{1,63}$/;

/** Reads `log`; `undefined` when nothing is to be handed over, a text is a complaint. */
export function readPacketLog(properties: Properties, jail: string): PacketLog | string | undefined {
  const text = textOf(properties, "log", "no").replace(/\s+/g, " ");
  if (text.toLowerCase() === "no") {
    return undefined;
  }
  const form = FORM.exec(text);
  const [, group = "0", quoted, plain, rate = "10/second", burst = "5"] = form ?? [];
  const prefix = quoted ?? plain ?? `warder ${jail.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 50)} `;
  const isUsable =
    form !== null &&
    Number(group) < 65_536 &&
    PREFIX.test(prefix) &&
    !/^0+\//.test(rate) &&
    Number(burst) > 0;
  return isUsable
    ? { group: Number(group), prefix, rate: rate.toLowerCase(), burst: Number(burst) }
    : `${complain("log", text)}; known are no and nflog group N prefix "TEXT" limit N/second burst N`;
}

/** The statements of nft. */
export function formatNftLog({ group, prefix, rate, burst }: PacketLog): string {
  return `limit rate ${rate} burst ${burst} packets log prefix "${prefix}" group ${group}`;
}

/** The match and target of iptables. */
export function formatXtablesLog({ group, prefix, rate, burst }: PacketLog): string {
  const limit = rate.replace(/(second|minute|day)$/, (unit) => unit.slice(0, 3));
  return `-m limit --limit ${limit} --limit-burst ${burst} -j NFLOG --nflog-prefix "${prefix}" --nflog-group ${group}`;
}
