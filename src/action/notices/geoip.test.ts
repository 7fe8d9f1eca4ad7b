import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { GeoIp } from "./geoip";

const folder = mkdtempSync(join(tmpdir(), "warder-geoip-"));
const path = join(folder, "city.mmdb");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Value = string | number | { readonly [name: string]: Value } | readonly Value[];

/** A value in the data section of MaxMind's format. */
function encode(value: Value): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from([value.length, 4]), ...value.map((item: Value) => encode(item))]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, item]) => [encode(name), encode(item)]),
  ]);
}

const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);

/** A data base of IPv4 that knows one network of one bit length: 192.0.2.0/24. */
function makeDatabase(data: Value): Buffer {
  const bits = [192, 0, 2].flatMap((byte) => byte.toString(2).padStart(8, "0").split("").map(Number));
  const count = bits.length;
  const tree = Buffer.alloc(count * 6);
  bits.forEach((bit, node) => {
    const next = node + 1 < count ? node + 1 : count + 16;
    tree.writeUIntBE(bit === 0 ? next : count, node * 6, 3);
    tree.writeUIntBE(bit === 0 ? count : next, node * 6 + 3, 3);
  });
  const metadata = encode({
    node_count: count,
    record_size: 24,
    ip_version: 4,
    database_type: "Test",
    languages: ["en"],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    description: { en: "test" },
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    encode(data),
    Buffer.from("\u00ab\u00cd\u00efMaxMind.com", "latin1"),
    metadata,
  ]);
}

describe("GeoIP", () => {
  it("tells where an address is", () => {
    writeFileSync(
      path,
      makeDatabase({
        country: { iso_code: "DE", names: { en: "Germany" } },
        city: { names: { en: "Berlin\u001b[2J" } },
        autonomous_system_number: 64_500,
        autonomous_system_organization: "Example Net",
      }),
    );
    const geoIp = new GeoIp([path]);
    expect(geoIp.describe("192.0.2.77")).toEqual([
      "Country: Germany (DE)",
      "Town: Berlin\\x1b[2J",
      "Network: AS64500 Example Net",
    ]);
    expect(geoIp.describe("198.51.100.1")).toEqual(["(GeoIP knows nothing of this address)"]);
    expect(geoIp.describe("no address")).toEqual([]);
  });

  it("reads a file that was replaced anew", () => {
    const geoIp = new GeoIp([path]);
    writeFileSync(path, makeDatabase({ country: { iso_code: "FR" } }));
    expect(geoIp.describe("192.0.2.1")).toEqual(["Country: FR"]);
    writeFileSync(path, makeDatabase({ country: { iso_code: "NL", names: { en: "Netherlands" } } }));
    expect(geoIp.describe("192.0.2.1")).toEqual(["Country: Netherlands (NL)"]);
  });

  it("says in a line what is wrong", () => {
    const broken = join(folder, "broken.mmdb");
    writeFileSync(broken, "no data base");
    expect(new GeoIp([]).describe("192.0.2.1")[0]).toContain("set geoip_db");
    expect(new GeoIp([broken]).describe("192.0.2.1")[0]).toContain(`cannot use ${broken}`);
    expect(new GeoIp(["/nowhere/x"]).describe("192.0.2.1")[0]).toContain("ENOENT");
  });
});
