import { isSingle, type Ip } from "../model";
import { createProgramRunner } from "../platform";
import { isFailure, type Properties } from "./native-backend";
import { leadBy } from "./native-nft";
import { ask } from "./native-run";
import { complain, textOf } from "./native-properties";
import { readTraffic, WITH_PORTS, type Traffic } from "./native-settings";
import { Turns } from "./turns";

/** Offenders whose connections are ended together; of a flood of bans only the first. */
const MOST_AT_ONCE = 200;
/** The TCP sockets of this machine, or what its kernel knows of connections that it passes on as well. */
export type CutWay = "ss" | "conntrack";

/** What is to be cut, and how. */
export interface CutSettings {
  readonly way: CutWay;
  readonly traffic: Traffic;
}

/** Ends connections that are open when their other side is banned. */
export interface Cutter {
  /** Why it could not be done; `undefined` when it was, or when there was nothing to end. Never rejects. */
  cut(settings: CutSettings, ips: readonly Ip[]): Promise<string | undefined>;
}

/** Reads `cut`; `undefined` when nothing is to be cut, a text is a complaint. */
export function readCutSettings(properties: Properties): CutSettings | string | undefined {
  const way = textOf(properties, "cut", "no").toLowerCase();
  if (way === "no") {
    return undefined;
  }
  const traffic = readTraffic(properties);
  if (way !== "ss" && way !== "conntrack") {
    return `${complain("cut", way)}; known are no, ss, conntrack`;
  }
  return typeof traffic === "string" ? traffic : { way, traffic };
}

/** Ends what these properties want to be ended; gives why it could not be done. */
export async function cutConnections(
  cutter: Cutter,
  properties: Properties,
  ips: readonly Ip[],
): Promise<string | undefined> {
  const settings = ips.length > 0 ? readCutSettings(properties) : undefined;
  return typeof settings === "object" ? cutter.cut(settings, ips) : settings;
}

/** Cuts with the programs of this system, or with those that a command in front of them leads to. */
export function createCutter(leader: readonly string[] = []): Cutter {
  const turns = new Turns();
  const run = async ([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> => {
    const answer = await ask(createProgramRunner({ argv: leadBy(leader, program, ...args) }), program);
    // With nothing to end, conntrack fails.
    return isFailure(answer) && !answer.message.includes("0 flow entries") ? answer.message : undefined;
  };
  return {
    cut: (settings, ips) =>
      turns.inOrder(async () => {
        const complaints: (string | undefined)[] = [];
        for (const argv of formatCuts(settings, ips.slice(0, MOST_AT_ONCE))) {
          complaints.push(await run(argv));
        }
        return complaints.find((complaint) => complaint !== undefined);
      }),
  };
}

/** The commands that end the connections of these addresses and networks. */
export function formatCuts(
  { way, traffic }: CutSettings,
  ips: readonly Ip[],
): readonly (readonly [string, ...string[]])[] {
  if (way === "conntrack") {
    return ips.flatMap((ip) => formatEntries(ip, traffic));
  }
  const isTcp = traffic.protocols === "any" || traffic.protocols.includes("tcp");
  const ports = (traffic.ports ?? []).map(formatPort);
  const sources = ips.map((ip) => ["dst", ip.family === "inet6" && isSingle(ip) ? `[${ip.text}]` : ip.text]);
  const where = [["(", ...join(sources), ")"], ...(ports.length > 0 ? [["(", ...join(ports), ")"]] : [])];
  return isTcp && ips.length > 0 ? [["ss", "-K", "-H", "-n", "-t", ...where.flat()]] : [];
}

function formatEntries(ip: Ip, { protocols, ports }: Traffic): readonly (readonly [string, ...string[]])[] {
  const base: readonly [string, ...string[]] = [
    "conntrack",
    "-D",
    "-f",
    ip.family === "inet4" ? "ipv4" : "ipv6",
    "-s",
    ip.text,
  ];
  const known = protocols === "any" ? WITH_PORTS : protocols;
  if (!ports) {
    return protocols === "any" ? [base] : known.map((protocol) => [...base, "-p", protocol]);
  }
  // It knows single ports alone; of ranges everything is ended.
  const single = ports.every((port) => /^\d+$/.test(port)) ? ports : [];
  const ends = single.length > 0 ? single.map((port) => ["--dport", port]) : [[]];
  return known.flatMap((protocol) =>
    ends.map((end): [string, ...string[]] => [...base, "-p", protocol, ...end]),
  );
}

function formatPort(port: string): readonly string[] {
  const [from = "", to] = port.split("-");
  return /^\d/.test(port) && to !== undefined
    ? ["(", "sport", ">=", `:${from}`, "and", "sport", "<=", `:${to}`, ")"]
    : ["sport", "=", `:${port}`];
}

function join(terms: readonly (readonly string[])[]): readonly string[] {
  return terms.flatMap((term, i) => (i === 0 ? term : ["or", ...term]));
}
