import type { JsonValue } from "../control";

/** fail2ban's lists of labels and values, by label. */
type Labelled = ReadonlyMap<string, JsonValue>;

/** The answer to `status --all`, as programs want it. */
export function describeServer(status: JsonValue): JsonValue {
  const [, , jails] = status as readonly JsonValue[];
  const entries = Object.entries(jails as Readonly<Record<string, JsonValue>>);
  return { jails: entries.map(([name, jail]) => describeJail(name, jail)) };
}

/** The answer to `status JAIL`, as programs want it. */
export function describeJail(name: string, status: JsonValue): JsonValue {
  const parts = byLabel(status);
  const filter = byLabel(parts.get("Filter"));
  const actions = byLabel(parts.get("Actions"));
  const matches = filter.get("Journal matches");
  return {
    name,
    failed: { current: filter.get("Currently failed") ?? 0, total: filter.get("Total failed") ?? 0 },
    banned: {
      current: actions.get("Currently banned") ?? 0,
      total: actions.get("Total banned") ?? 0,
      ids: actions.get("Banned IP list") ?? [],
    },
    ...(matches === undefined ? { logs: filter.get("File list") ?? [] } : { journalmatch: matches }),
  };
}

function byLabel(pairs: JsonValue | undefined): Labelled {
  return new Map((pairs ?? []) as readonly (readonly [string, JsonValue])[]);
}
