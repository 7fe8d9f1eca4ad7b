import { PyTuple, type Ban, type CommandValue } from "../model";
import { lookupTexts, type Log } from "../platform";
import { findOrigins } from "./cymru";
import type { LiveJail } from "./live-jail";

const FLAVORS = ["short", "basic", "stats", "cymru"];

/** What `status JAIL FLAVOR` answers. `cymru` asks the name service about every banned address. */
export async function describeJail(jail: LiveJail, flavor: string, log: Log): Promise<CommandValue> {
  if (!FLAVORS.includes(flavor)) {
    const supported = FLAVORS.map((name) => `'${name}'`).join(", ");
    log("WARNING", "jail", `Unsupported extended jail status flavor '${flavor}'. Supported: [${supported}]`);
  }
  if (flavor === "stats") {
    return describeStats(jail);
  }
  const { currentlyFailed, totalFailed, currentlyBanned, totalBanned } = jail.counters();
  return [
    pair("Filter", [
      pair("Currently failed", currentlyFailed),
      pair("Total failed", totalFailed),
      describeSource(jail),
      ...describeTroubles(jail),
    ]),
    pair("Actions", [
      pair("Currently banned", currentlyBanned),
      pair("Total banned", totalBanned),
      ...(await describeBanned(jail.bans, flavor, log)),
    ]),
  ];
}

async function describeBanned(bans: readonly Ban[], flavor: string, log: Log): Promise<readonly PyTuple[]> {
  if (flavor === "short") {
    return [];
  }
  const list = pair(
    "Banned IP list",
    bans.map((ban) => ban.offender.id),
  );
  if (flavor !== "cymru") {
    return [list];
  }
  const { asn, country, rir } = await findOrigins(bans, lookupTexts, log);
  return [
    list,
    pair("Banned ASN list", asn),
    pair("Banned Country list", country),
    pair("Banned RIR list", rir),
  ];
}

/** Backend, failures and bans of a jail, now and in total, as `stats` lists them. */
export function describeStats(jail: LiveJail): CommandValue {
  const { currentlyFailed, totalFailed, currentlyBanned, totalBanned } = jail.counters();
  return [
    jail.backend,
    new PyTuple([currentlyFailed, totalFailed]),
    new PyTuple([currentlyBanned, totalBanned]),
  ];
}

/** What `status` answers; with `--all` it takes the jails' own status too. */
export function describeServer(jails: readonly LiveJail[]): CommandValue[] {
  const names = jails.map((jail) => jail.name).sort();
  return [pair("Number of jail", names.length), pair("Jail list", names.join(", "))];
}

/** DIFFERS: fail2ban has no such line; it is there only when a regex got stuck at too many lines. */
function describeTroubles({ outOfService }: LiveJail): readonly PyTuple[] {
  return outOfService.length > 0 ? [pair("Regex out of service", outOfService)] : [];
}

function describeSource(jail: LiveJail): CommandValue {
  const { source } = jail.spec;
  return jail.backend === "systemd"
    ? pair("Journal matches", [source.journalmatch.map((match) => match.join(" ")).join(" + ")])
    : pair(
        "File list",
        source.logs.map((log) => log.path),
      );
}

function pair(name: string, value: CommandValue): PyTuple {
  return new PyTuple([name, value]);
}
