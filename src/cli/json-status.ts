import type { JsonValue } from "../control";

/** fail2ban's lists of labels and values, by label. */
type Labelled = ReadonlyMap<string, JsonValue>;

/** The names of the jails in the answer to `status --all`. */
export function jailsOf(status: JsonValue): readonly (readonly [string, JsonValue])[] {
  const [, , jails] = status as readonly JsonValue[];
  return Object.entries(jails as Readonly<Record<string, JsonValue>>);
}

/** The answers to `status JAIL` and `get JAIL enforcement`, as programs want them. */
export function describeJail(name: string, status: JsonValue, enforcement: JsonValue): JsonValue {
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
    enforcement,
    ...(matches === undefined ? { logs: filter.get("File list") ?? [] } : { journalmatch: matches }),
  };
}

function byLabel(pairs: JsonValue | undefined): Labelled {
  return new Map((pairs ?? []) as readonly (readonly [string, JsonValue])[]);
}
