import { parseIp, type Family } from "../model";
import type { BlockedElement, FirewallChange, HeldElement } from "./native-backend";
import type { XtablesSettings } from "./native-xtables-settings";

/** Seconds; the kernel takes no more (ipset(8)). Beyond, the unban of the daemon does it. */
const LONGEST_TIMEOUT = 2_147_483;
/** The unban of the daemon comes first, so that nothing it still shows is gone already. */
const GRACE = 2;

/** The name of a set: `warder-s-sshd-4`. */
export function ipsetName({ chain }: XtablesSettings, family: Family): string {
  return `${chain}${family === "inet4" ? "-4" : "-6"}`;
}

/** What a set is made from. */
interface Contents {
  readonly elements: readonly BlockedElement[];
  readonly now: number;
  /** Sets that are there. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Makes a set with exactly these elements. One that is there is replaced at once, not emptied and filled. */
export function formatNewSet(
  settings: XtablesSettings,
  family: Family,
  { elements, now, sizes }: Contents,
): string {
  const name = ipsetName(settings, family);
  const isThere = sizes.has(name);
  const fresh = isThere ? `${name}t` : name;
  const type = `hash:net family ${family === "inet4" ? "inet" : "inet6"}`;
  const lines = [
    ...(isThere && sizes.has(fresh) ? [`destroy ${fresh}`] : []),
    `create ${fresh} ${type} maxelem ${settings.maxelem} timeout 0`,
    ...elements.map((element) => formatAddition(fresh, element, now)),
    ...(isThere ? [`swap ${fresh} ${name}`, `destroy ${fresh}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Puts elements into sets or takes them out, whether they are there or not. */
export function formatEntries(
  settings: XtablesSettings,
  changes: readonly FirewallChange[],
  now: number,
): string {
  return changes
    .map(({ ip, wanted }) => {
      const name = ipsetName(settings, ip.family);
      return `${wanted ? formatAddition(name, wanted, now) : `del ${name} ${ip.text}`}\n`;
    })
    .join("");
}

/** Reads the members that `ipset list` prints: `192.0.2.1 timeout 599`. */
export function parseEntries(text: string): readonly HeldElement[] {
  const [, members = ""] = text.split("\nMembers:\n");
  return members.split("\n").flatMap((line) => {
    const [address = "", , timeout] = line.split(" ");
    const ip = parseIp(address);
    const seconds = Number(timeout ?? 0);
    return ip ? [{ ip, left: seconds > 0 ? seconds : Number.POSITIVE_INFINITY }] : [];
  });
}

/** Reads what `ipset list -t` prints of all sets: how many entries each has. */
export function parseSizes(text: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  let name = "";
  for (const line of text.split("\n")) {
    const [label, value] = line.split(": ");
    if (label === "Name" && value !== undefined) {
      name = value;
      sizes.set(name, 0);
    } else if (label === "Number of entries") {
      sizes.set(name, Number(value));
    }
  }
  return sizes;
}

function formatAddition(name: string, { ip, end }: BlockedElement, now: number): string {
  const seconds = Math.max(1, Math.ceil(end - now)) + GRACE;
  return `add ${name} ${ip.text} timeout ${seconds > LONGEST_TIMEOUT ? 0 : seconds}`;
}
