import { readFileSync, statSync } from "node:fs";
import { Reader, type Response } from "mmdb-lib";
import { messageOf, parseIp } from "../../model";
import { cleanLine } from "./clean-text";

/** How long a data base stays in memory after it was last asked, in milliseconds. */
const KEEP_MS = 60_000;

/** What the data bases of MaxMind's format have in common, as far as it is shown. */
interface GeoAnswer {
  readonly country?: { readonly iso_code?: string; readonly names?: Readonly<Record<string, string>> };
  readonly city?: { readonly names?: Readonly<Record<string, string>> };
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
}

interface Loaded {
  readonly reader: Reader<Response>;
  /** Tells one version of the file from the next. */
  readonly version: string;
  timer: NodeJS.Timeout | undefined;
}

/** Answers where addresses are, from files in MaxMind's format; a file is in memory only while it is needed. */
export class GeoIp {
  readonly #paths: readonly string[];
  readonly #loaded = new Map<string, Loaded>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Lines such as `Country: Germany (DE)`; when a file cannot be read, a line that says so. Never throws. */
  describe(address: string): readonly string[] {
    const ip = parseIp(address);
    if (!ip) {
      return [];
    }
    if (this.#paths.length === 0) {
      return ["(no GeoIP data base is configured; set geoip_db)"];
    }
    const lines = this.#paths.flatMap((path) => {
      try {
        return describeAnswer(this.#reader(path).get(ip.text.split("/")[0] ?? "") as GeoAnswer | null);
      } catch (error) {
        return [`(GeoIP: cannot use ${path}: ${cleanLine(messageOf(error), 200)})`];
      }
    });
    return lines.length > 0 ? lines : ["(GeoIP knows nothing of this address)"];
  }

  #reader(path: string): Reader<Response> {
    const { mtimeMs, size, ino } = statSync(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    let loaded = this.#loaded.get(path);
    if (loaded?.version !== version) {
      clearTimeout(loaded?.timer);
      loaded = { reader: new Reader<Response>(readFileSync(path)), version, timer: undefined };
      this.#loaded.set(path, loaded);
    }
    clearTimeout(loaded.timer);
    loaded.timer = setTimeout(() => this.#loaded.delete(path), KEEP_MS).unref();
    return loaded.reader;
  }
}

function describeAnswer(answer: GeoAnswer | null): readonly string[] {
  const {
    country,
    city,
    autonomous_system_number: number,
    autonomous_system_organization: owner,
  } = answer ?? {};
  const name = country?.names?.["en"];
  const code = country?.iso_code;
  const lines = [
    name === undefined
      ? code && `Country: ${code}`
      : `Country: ${name}${code === undefined ? "" : ` (${code})`}`,
    city?.names?.["en"] && `Town: ${city.names["en"]}`,
    number && `Network: AS${number}${owner === undefined ? "" : ` ${owner}`}`,
  ];
  return lines.flatMap((line) =>
    line === undefined || line === 0 || line === "" ? [] : [cleanLine(line, 200)],
  );
}
