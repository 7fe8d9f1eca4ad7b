import { CidrSet, isSingle, parseIp, type IgnoreReason, type Ip, type Offender } from "../model";

/** A stretch of the list: networks that follow each other, a DNS name (or raw id), or a file of entries. */
type Item =
  | { readonly kind: "networks"; readonly set: CidrSet }
  | { readonly kind: "name"; readonly name: string; addresses: ReadonlySet<string> }
  | { readonly kind: "file"; readonly path: string; list: IgnoreList | undefined };

const SEPARATORS = /[\s,]+/;

/**
 * Who is never counted: addresses, networks, names and files, as `ignoreip` lists them.
 * Names and files need the system: whoever owns the list asks for `names` and `files` and hands in what they hold;
 * until then they match nothing.
 */
export class IgnoreList {
  readonly #singles = new Map<string, string>();
  readonly #items: Item[] = [];

  /** Adds an address, network, name, raw id or `file:PATH`; false when it is there already or empty. */
  add(text: string): boolean {
    if (text === "" || this.#find(text)) {
      return false;
    }
    const ip = parseIp(text);
    if (ip && isSingle(ip)) {
      this.#singles.set(ip.text, ip.text);
    } else if (ip) {
      this.#networksAtEnd().add(ip);
    } else if (text.startsWith("file:")) {
      this.#items.push({ kind: "file", path: parseFilePath(text), list: undefined });
    } else {
      this.#items.push({ kind: "name", name: text, addresses: new Set() });
    }
    return true;
  }

  /** Removes an entry; false when it is not there. */
  remove(text: string): boolean {
    const found = this.#find(text);
    if (!found) {
      return false;
    }
    const ip = parseIp(text);
    if (found === "single") {
      return this.#singles.delete(ip?.text ?? text);
    }
    if (found.kind !== "networks" || (ip && found.set.remove(ip) && found.set.size === 0)) {
      this.#items.splice(this.#items.indexOf(found), 1);
    }
    return true;
  }

  /** Removes everything. */
  clear(): void {
    this.#singles.clear();
    this.#items.length = 0;
  }

  /** The entries as fail2ban lists them: networks, names and files as added, then single addresses. */
  list(): string[] {
    return [...this.#items.flatMap(textsOf), ...this.#singles.values()];
  }

  /** Names whose addresses have to be looked up, those of files included. */
  names(): string[] {
    return this.#items.flatMap((item) => {
      if (item.kind === "name") {
        return [item.name];
      }
      return item.kind === "file" ? (item.list?.names() ?? []) : [];
    });
  }

  /** Paths of the files whose content has to be read. */
  files(): string[] {
    return this.#items.flatMap((item) => (item.kind === "file" ? [item.path] : []));
  }

  /** Hands in the addresses a name stands for now. */
  setAddresses(name: string, addresses: readonly Ip[]): void {
    for (const item of this.#items) {
      if (item.kind === "name" && item.name === name) {
        item.addresses = new Set(addresses.map(({ text }) => text));
      } else if (item.kind === "file") {
        item.list?.setAddresses(name, addresses);
      }
    }
  }

  /** Hands in the content of a file; `undefined` when it cannot be read. */
  setFile(path: string, content: string | undefined): void {
    for (const item of this.#items) {
      if (item.kind === "file" && item.path === path) {
        item.list = content === undefined ? undefined : parseIgnoreFile(content);
      }
    }
  }

  /** The rule that covers an offender; `undefined` when none does. */
  match(offender: Offender): IgnoreReason | undefined {
    if (this.#singles.has(offender.id)) {
      return "ip";
    }
    for (const item of this.#items) {
      const reason = matchItem(item, offender);
      if (reason) {
        return reason;
      }
    }
    return undefined;
  }

  /** Whether the offender is one of the single addresses, whose hits are never cached. */
  hasSingle(offender: Offender): boolean {
    return this.#singles.has(offender.id);
  }

  #networksAtEnd(): CidrSet {
    const last = this.#items.at(-1);
    if (last?.kind === "networks") {
      return last.set;
    }
    const set = new CidrSet();
    this.#items.push({ kind: "networks", set });
    return set;
  }

  #find(text: string): Item | "single" | undefined {
    const ip = parseIp(text);
    if (this.#singles.has(ip?.text ?? text)) {
      return "single";
    }
    return this.#items.find((item) => {
      if (item.kind === "networks") {
        return ip !== undefined && item.set.has(ip);
      }
      return item.kind === "name"
        ? item.name === text
        : text === `file:${item.path}` || parseFilePath(text) === item.path;
    });
  }
}

function matchItem(item: Item, offender: Offender): IgnoreReason | undefined {
  if (item.kind === "networks") {
    return offender.ip && item.set.contains(offender.ip) ? "ip" : undefined;
  }
  if (item.kind === "name") {
    return item.name === offender.id || item.addresses.has(offender.id) ? "dns" : undefined;
  }
  return item.list?.match(offender) ? `file:${item.path}` : undefined;
}

function textsOf(item: Item): string[] {
  if (item.kind === "networks") {
    return item.set.list().map(({ text }) => text);
  }
  return [item.kind === "name" ? item.name : `file:${item.path}`];
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
