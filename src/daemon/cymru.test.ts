import { expect, test } from "vitest";
import { parseOffender, type Ban } from "../model";
import { findOrigins, type TextLookup } from "./cymru";

const banOf = (id: string): Ban => ({
  jail: "web",
  offender: parseOffender(id),
  time: 1_795_221_616,
  bantime: 600,
  bancount: 1,
  restored: false,
  data: { matches: [], failures: 2, groups: new Map() },
});

const answers: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ["1.2.0.192.origin.asn.cymru.com", [["64497 | 192.0.2.0/24 | US | arin | 1998-09-25"]]],
  [
    "2.2.0.192.origin.asn.cymru.com",
    [["64498 | 192.0.2.0/24 | DE | ripencc | "], ["64496 | 192.0.2.0/25 |", " DE | | 2001-01-01"]],
  ],
  [`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.origin6.asn.cymru.com`, [["64499 | 2001:db8::/32 | NL | ripencc |"]]],
]);
const lookup: TextLookup = (name) => Promise.resolve(answers.get(name) ?? []);

test("finds network, country and registry, and says when nobody knows", async () => {
  const bans = ["192.0.2.1", "some-user", "192.0.2.2", "2001:db8::1", "192.0.2.9"].map(banOf);
  expect(await findOrigins(bans, lookup, () => {})).toEqual({
    asn: ["64497", "64496, 64498", "64499", "nxdomain"],
    country: ["US", "DE", "NL", "nxdomain"],
    rir: ["arin", "ripencc, unknown", "ripencc", "nxdomain"],
  });
});

test("gives what it knows when DNS fails, and tells", async () => {
  const lines: string[] = [];
  const bans = Array.from({ length: 40 }, (_, i) => banOf(`192.0.2.${i + 1}`));
  const failing: TextLookup = (name) =>
    name.startsWith("30.") ? Promise.reject(new Error("queryTxt ETIMEOUT")) : lookup(name);
  const { asn } = await findOrigins(bans, failing, (level, _, text) => lines.push(`${level} ${text}`));
  expect(asn).toHaveLength(20);
  expect(lines).toEqual(["ERROR Asking Team Cymru about banned addresses failed: queryTxt ETIMEOUT"]);
});
