import { secondsOf } from "../model";
import type { Properties } from "./native-backend";
import { complain, textOf } from "./native-properties";

/** What becomes of bans by what the banned send meanwhile; times in seconds. */
export interface KnockPolicy {
  /** Whether the ban of somebody is made longer who has sent packets in the last part of it. */
  readonly prolong: boolean;
  /** How long that last part is; never more than half a ban. */
  readonly time: number;
  /** Who has sent nothing for so long is freed before the end. */
  readonly freeSilent?: number;
}

/** Seconds. */
const SHORTEST = 2;

/** Reads `knocking`, `knock_time` and `free_silent`; `undefined` when nobody looks, a text is a complaint. */
export function readKnockPolicy(properties: Properties): KnockPolicy | string | undefined {
  const knocking = textOf(properties, "knocking", "no").toLowerCase();
  if (knocking !== "no" && knocking !== "prolong") {
    return `${complain("knocking", knocking)}; known are no, prolong`;
  }
  const time = readTime(properties, "knock_time", "10m");
  const silence = textOf(properties, "free_silent", "no");
  const freeSilent =
    silence.toLowerCase() === "no" ? undefined : readTime(properties, "free_silent", silence);
  const complaint = [time, freeSilent].find((value) => typeof value === "string");
  if (complaint !== undefined) {
    return complaint;
  }
  const isWanted = knocking === "prolong" || freeSilent !== undefined;
  return isWanted && typeof time === "number"
    ? { prolong: knocking === "prolong", time, ...(typeof freeSilent === "number" ? { freeSilent } : {}) }
    : undefined;
}

function readTime(properties: Properties, name: string, usual: string): number | string {
  const text = textOf(properties, name, usual);
  const seconds = secondsOf(text);
  return seconds !== undefined && seconds >= SHORTEST && Number.isFinite(seconds)
    ? seconds
    : `${complain(name, text)}; a time such as 10m, ${SHORTEST} seconds at least`;
}
