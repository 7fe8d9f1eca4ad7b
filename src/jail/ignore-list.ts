import { CidrMap, isSingle, parseIp, type IgnoreReason, type Ip, type Offender } from "../model";
import { NameIndex } from "./name-index";

/** An entry as it is listed, and its place: where several cover an offender, the first one is the reason. */
type Entry =
  | { readonly kind: "network"; readonly place: number; readonly ip: Ip }
  | { readonly kind: "name"; readonly place: number; readonly name: string }
  | FileEntry;

interface FileEntry {
  readonly kind: "file";
  readonly place: number;
  readonly path: string;
  list: IgnoreList | undefined;
}

const SEPARATORS = /[\s,]+/;

/**
 * Who is never counted: addresses, networks, names and files, as `ignoreip` lists them. A look-up costs the same for
 * 100,000 entries as for ten; only files are asked one after the other.
 * Names and files need the system: whoever owns the list asks for `names` and `files` and hands in what they hold;
 * until then they match nothing.
 */
export class IgnoreList {
  readonly #singles = new Map<string, string>();
  readonly #entries = new Map<string, Entry>();
  readonly #networks = new CidrMap<number>();
  readonly #names = new NameIndex();
  #files: readonly FileEntry[] = [];
  #places = 0;
  #changes = 0;

  /** How often anything was put in or taken out: as long as it is the same, the list says the same. */
  get changes(): number {
    return this.#changes;
  }

  /** Adds an address, network, name, raw id or `file:PATH`; false when it is there already or empty. */
  add(text: string): boolean {
    this.#changes++;
    const ip = parseIp(text);
    const key = keyOf(text, ip);
    if (text === "" || this.#singles.has(key) || this.#entries.has(key)) {
      return false;
    }
    if (ip && isSingle(ip)) {
      this.#singles.set(key, ip.text);
      return true;
    }
    const place = this.#places++;
    if (ip) {
      this.#networks.set(ip, place);
      this.#entries.set(key, { kind: "network", place, ip });
    } else if (text.startsWith("file:")) {
      const file: FileEntry = { kind: "file", place, path: parseFilePath(text), list: undefined };
      this.#entries.set(key, file);
      this.#files = [...this.#files, file];
    } else {
      this.#names.add(text, place);
      this.#entries.set(key, { kind: "name", place, name: text });
    }
    return true;
  }

  /** Removes an entry; false when it is not there. */
  remove(text: string): boolean {
    this.#changes++;
    const key = keyOf(text, parseIp(text));
    const entry = this.#entries.get(key);
    if (!entry) {
      return this.#singles.delete(key);
    }
    if (entry.kind === "network") {
      this.#networks.delete(entry.ip);
    } else if (entry.kind === "name") {
      this.#names.remove(entry.name);
    } else {
      this.#files = this.#files.filter((file) => file !== entry);
    }
    return this.#entries.delete(key);
  }

  /** Removes everything. */
  clear(): void {
    this.#changes++;
    this.#singles.clear();
    this.#entries.clear();
    this.#networks.clear();
    this.#names.clear();
    this.#files = [];
  }

  /** The entries as fail2ban lists them: networks, names and files as added, then single addresses. */
  list(): string[] {
    return [...Array.from(this.#entries.values(), textOf), ...this.#singles.values()];
  }

  /** Names whose addresses have to be looked up, those of files included. */
  names(): string[] {
    return [...this.#entries.values()].flatMap((entry) => {
      if (entry.kind === "name") {
        return [entry.name];
      }
      return entry.kind === "file" ? (entry.list?.names() ?? []) : [];
    });
  }

  /** Paths of the files whose content has to be read. */
  files(): string[] {
    return this.#files.map(({ path }) => path);
  }

  /** Hands in the addresses a name stands for now. */
  setAddresses(name: string, addresses: readonly Ip[]): void {
    this.#changes++;
    this.#names.setAddresses(name, addresses);
    this.#files.forEach(({ list }) => list?.setAddresses(name, addresses));
  }

  /** Hands in the content of a file; `undefined` when it cannot be read. */
  setFile(path: string, content: string | undefined): void {
    this.#changes++;
    for (const file of this.#files.filter((one) => one.path === path)) {
      file.list = content === undefined ? undefined : parseIgnoreFile(content);
    }
  }

  /** Whether there are no entries but single addresses, and this is none of them. */
  isClear(id: string): boolean {
    return this.#entries.size === 0 && !this.#singles.has(id);
  }

  /** The rule that covers an offender; `undefined` when none does. */
  match(offender: Offender): IgnoreReason | undefined {
    if (this.#singles.has(offender.id)) {
      return "ip";
    }
    if (this.#entries.size === 0) {
      return undefined;
    }
    const network = offender.ip ? Math.min(...this.#networks.covering(offender.ip)) : Infinity;
    const name = this.#names.placeOf(offender.id);
    const first = Math.min(network, name);
    const file = this.#files.find(({ place, list }) => place < first && list?.match(offender));
    if (file) {
      return `file:${file.path}`;
    }
    return first === Infinity ? undefined : first === network ? "ip" : "dns";
  }

  /** Whether the offender is one of the single addresses, whose hits are never cached. */
  hasSingle(offender: Offender): boolean {
    return this.#singles.has(offender.id);
  }
}

/** Addresses are known by their normal form, files by their path, everything else by its text. */
function keyOf(text: string, ip: Ip | undefined): string {
  return ip ? ip.text : text.startsWith("file:") ? `file:${parseFilePath(text)}` : text;
}

function textOf(entry: Entry): string {
  switch (entry.kind) {
    case "network":
      return entry.ip.text;
    case "name":
      return entry.name;
    case "file":
      return `file:${entry.path}`;
  }
}

/** `file:rel`, `file:/abs`, `file:///abs`, `file://etc/x` (that is /etc/x), `file://./x` (that is ./x). */
function parseFilePath(text: string): string {
  const path = text.slice("file:".length);
  if (!path.startsWith("//")) {
    return path;
  }
  const rest = path.slice(2);
  return rest.startsWith("/") || rest.startsWith(".") ? rest : `/${rest}`;
}

/** Entries between blanks, commas and line ends; `#` and `;` begin comments. Files inside files are left out. */
function parseIgnoreFile(content: string): IgnoreList {
  const list = new IgnoreList();
  for (const line of content.split(/\r?\n/)) {
    for (const word of line.replace(/(?:^|\s)[#;].*$/, "").split(SEPARATORS)) {
      if (!word.startsWith("file:")) {
        list.add(word);
      }
    }
  }
  return list;
}
