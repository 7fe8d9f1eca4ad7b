import type { ClientCall } from "./client-calls";
import type { CallResult } from "./control-server.testing";

const JAIL_EXISTS =
  "1.0.2 stumbles over a name of its own here; as in 1.1 the client is told that the jail exists";
const OWN_LISTS = "fail2ban also lists what only its own program can use";

/** Calls whose printed text is our own, with the reason. Their exit status is the same unless `STATUS_DIFFERS` says so. */
export const TEXT_DIFFERS: ReadonlyMap<string, string> = new Map([
  ["set loglevel FOO", "we name the levels there are"],
  ["set t1 findtime 1x", "we say what a time looks like, not what Python's evaluator said"],
  ["get t1 actionproperties dummy", OWN_LISTS],
  ["get t1 actionmethods dummy", OWN_LISTS],
  ["add t3 polling", JAIL_EXISTS],
  ["status t1 stats", "1.0.2 does not know this flavor, 1.1 does"],
  ["set t1 ignorecommand ", "an empty command is none"],
  ["set t1 bantime.overalljails yes", "kept as a truth value"],
  ["get t1 bantime.overalljails", "kept as a truth value"],
  ["set t2 attempt", "too few words are told as everywhere else"],
  ["set t2 banip 192.0.2.0/x", "we say what is wrong, not what Python's int said"],
  ["set t1 action dummy timeout x", "Python's evaluator speaks of a name here"],
  ["set t1 action dummy ban nonsense", "Python's JSON reader speaks here"],
  ["add t4 nonsense", "1.0.2 still names gamin, which nobody has"],
]);

/** Calls that end otherwise, with the reason. */
export const STATUS_DIFFERS: ReadonlyMap<string, string> = new Map([
  ["set t1 bantime.multipliers x", "while bans do not grow it does not matter; switching growth on tells"],
  ["set t1 bantime.nonsense 1", "an option that does not exist is a mistake, which is told"],
  ['set t1 action dummy ban {"ip":"192.0.2.1"}', "we take the tags of the ban; fail2ban cannot be given any"],
]);

/** What of a reply is compared: exit status and text, unless a difference is intended. */
export function comparable({ args, statusOnly }: ClientCall, { status, stdout }: CallResult): string {
  const line = args.join(" ");
  if (STATUS_DIFFERS.has(line)) {
    return "";
  }
  const text =
    statusOnly === undefined && !TEXT_DIFFERS.has(line) ? sortAddresses(hideExpansions(stdout)) : "";
  return `${status}\n${text}`;
}

/** fail2ban's and our own regexes for a host, an address and so on: the same meaning in other words. */
function hideExpansions(text: string): string {
  return text
    .replaceAll(/\\{1,2}\[\?\(\?:\(\?:::f\{4,6\}:\).*?\\{1,2}\]\?/g, "<HOST>")
    .replaceAll(/\(\?P<dns>.*?\\{1,2}w\)/g, "<DNS>")
    .replaceAll(/at position \d+/g, "at its position");
}

/** Single addresses are ignored in the order of a Python set, which is no order. */
function sortAddresses(text: string): string {
  if (!text.startsWith("These IP addresses/networks are ignored")) {
    return text;
  }
  return text
    .split("\n")
    .map((line) => line.replace(/^[|`]- /, ""))
    .sort()
    .join("\n");
}
