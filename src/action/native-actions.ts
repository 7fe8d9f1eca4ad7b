import type { ActionSpec, ActionValue } from "../model";
import type { ActionContext } from "./action-context";
import type { Backend } from "./native-backend";
import { createCutter } from "./native-cut";
import { NativeFirewall } from "./native-firewall";
import { createIptablesBackend } from "./native-iptables";
import { createIpsetBackend } from "./native-ipset";
import { createNft, createWatch } from "./native-nft";
import { createNftBackend } from "./native-nft-ruleset";
import { openRuleset } from "./native-rules";
import { createXtables } from "./native-xtables";

/** What the property `native` of an action may be. */
export type NativeKind = "nftables" | "ipset" | "iptables";

/** The firewalls of this system, or those that a command such as `nsenter` with its arguments leads to. */
export function createBackends(
  leader: readonly string[] = [],
  watch = createWatch(leader),
): Readonly<Record<NativeKind, Backend>> {
  const nft = createNft(leader, watch);
  const xtables = createXtables(nft.watch, leader);
  const cutter = createCutter(leader);
  return {
    nftables: createNftBackend(nft, cutter),
    ipset: createIpsetBackend(xtables, cutter),
    iptables: createIptablesBackend(xtables, cutter),
  };
}

const KINDS: readonly NativeKind[] = ["nftables", "ipset", "iptables"];
let systemBackends: Readonly<Record<NativeKind, Backend>> | undefined;

/**
 * What is wrong with the settings of an action of a native firewall in a jail; `undefined` when nothing is, or when it is
 * an action of another kind. Starts nothing.
 */
export function findWrongSettings({ name, properties }: ActionSpec, jail: string): string | undefined {
  const kind = KINDS.find((one) => one === properties.get("native"));
  const opened = kind && openRuleset(createBackends()[kind], properties, { jail, action: name });
  return typeof opened === "string" ? opened : undefined;
}

/** The action of that kind on this system; `undefined` when there is no such kind. */
export function createNativeAction(
  kind: ActionValue | undefined,
  spec: ActionSpec,
  context: ActionContext,
): NativeFirewall | undefined {
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) {
    return undefined;
  }
  systemBackends ??= createBackends();
  return new NativeFirewall(spec, context, systemBackends[known]);
}
