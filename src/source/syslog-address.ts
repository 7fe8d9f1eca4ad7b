import { parseIp, type Ip } from "../model";

/** Where syslog messages are to be listened for. */
export type SyslogAddress =
  | {
      readonly type: "udp" | "tcp";
      readonly host: string;
      readonly port: number;
      /** Senders that are heard, networks or single addresses; empty means all. */
      readonly from: readonly Ip[];
    }
  | { readonly type: "unix"; readonly path: string; readonly mode: number };

const LOOPBACK = "127.0.0.1";
const USUAL_PORT = 514;
/** Only programs of the daemon's own user may write to a socket unless it is said otherwise. */
const USUAL_MODE = 0o600;
const NETWORK =
  /^(udp|tcp):\/\/(?:\[([0-9a-f:.]+)\]|([^\s:/?[\]]*))(?::(\d{1,5}))?\/?(?:\?from=([^\s?&]*))?$/i;
const UNIX = /^unix:\/{0,2}(\/[^?]+)(?:\?mode=([0-7]{3,4}))?$/;

/** Whether a text is meant as an address to listen at, right or wrong. */
export function isSyslogAddress(text: string): boolean {
  return /^(udp|tcp|unix):/.test(text);
}

/**
 * Reads `udp://HOST:PORT?from=NETWORK,…`, `tcp://…` or `unix:///PATH?mode=660`; `undefined` when it is none. Without a
 * host it is the loopback address, without a port 514.
 */
export function parseSyslogAddress(text: string): SyslogAddress | undefined {
  const unix = UNIX.exec(text);
  if (unix) {
    const mode = unix[2] === undefined ? USUAL_MODE : Number.parseInt(unix[2], 8);
    return { type: "unix", path: unix[1] ?? "", mode };
  }
  const network = NETWORK.exec(text);
  if (!network) {
    return undefined;
  }
  const [, type, v6, name, port, senders] = network;
  const from = (senders ?? "").split(",").filter((part) => part !== "");
  const ips = from.flatMap((part) => parseIp(part) ?? []);
  const number = port === undefined ? USUAL_PORT : Number(port);
  if (ips.length !== from.length || number < 1 || number > 65_535) {
    return undefined;
  }
  return {
    type: type?.toLowerCase() === "udp" ? "udp" : "tcp",
    host: v6 ?? (name === undefined || name === "" ? LOOPBACK : name),
    port: number,
    from: ips,
  };
}
