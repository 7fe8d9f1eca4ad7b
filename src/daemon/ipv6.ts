import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

const YES = /^(?:yes|on|true|1)$/i;

/** Whether IPv6 is to be used: `auto` asks the kernel, then the interfaces. */
export function detectIpv6(allowipv6: string): boolean {
  if (allowipv6.toLowerCase() !== "auto") {
    return YES.test(allowipv6);
  }
  try {
    return readFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "utf8").trim() === "0";
  } catch {
    return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.family === "IPv6"));
  }
}
