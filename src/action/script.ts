import type { TagSource } from "./action";
import { isSafeQuoted, isSafeWord, isSingleQuoted } from "./shell-safety";
import { TAG } from "./static-tags";

/** A shell script and the environment variables it refers to, all of them called `f2bV_…`. */
export interface Script {
  readonly text: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** How many bytes the variables may take: one of them, and all together. */
export interface VariableLimits {
  readonly single: number;
  readonly total: number;
}

/** Linux refuses one string above 128 KiB, and all of them above a quarter of the stack limit (2 MiB usually). */
export const USUAL_LIMITS: VariableLimits = { single: 64 * 1024, total: 512 * 1024 };

/** For systems that refuse even the usual ones. */
export const TIGHT_LIMITS: VariableLimits = { single: 1024, total: 8 * 1024 };

const MARKER = "…[cut]";

/**
 * A command with its tags filled in. A value that is not a plain word never becomes part of the script: the script
 * says `$f2bV_tag`, and the value travels in the environment. Tags that the source does not know stay as they are.
 *
 * DIFFERS: fail2ban passes values as positional parameters, of which the eleventh and later arrive wrong; it pastes
 * blanks, `!`, a leading `-` and control characters into the script, which here only happens between single quotes
 * (for printable ones), where a variable would not be filled in.
 */
export async function composeScript(
  command: string,
  tags: TagSource,
  limits = USUAL_LIMITS,
): Promise<Script> {
  const values = await resolveTags(command, tags);
  const variables = new Variables(limits);
  const text = command.replace(TAG, (tag, name: string, index: number) => {
    const value = values.get(name);
    if (value === undefined) {
      return tag;
    }
    if (isSafeWord(value) || (isSafeQuoted(value) && isSingleQuoted(command, index))) {
      return value;
    }
    return formatReference(variables.add(name, value), command.charAt(index + tag.length));
  });
  return { text, variables: variables.all };
}

async function resolveTags(
  command: string,
  tags: TagSource,
): Promise<ReadonlyMap<string, string | undefined>> {
  const names = [...new Set([...command.matchAll(TAG)].map((match) => match[1] ?? ""))];
  const values = new Map<string, string | undefined>();
  for (const name of names) {
    values.set(name, await tags(name));
  }
  return values;
}

/** The braces only appear where the next character would be read as part of the name. */
function formatReference(variable: string, next: string): string {
  return /\w/.test(next) ? `\${${variable}}` : `$${variable}`;
}

/** The variable of a tag: `f2bV_ip_host`; ticket data is called by its own, lower-case name: `f2bV_F_user`. */
function variableName(tag: string): string {
  if (!tag.startsWith("F-")) {
    return `f2bV_${tag.replace(/\W/g, "_")}`;
  }
  const key = tag.slice(2).toLowerCase();
  return `f2bV_F_${key === "id" || key === "port" ? `f${key}` : key.replace(/\W/g, "_")}`;
}

class Variables {
  readonly all = new Map<string, string>();
  readonly #limits: VariableLimits;
  readonly #tags = new Map<string, string>();
  #room: number;

  constructor(limits: VariableLimits) {
    this.#limits = limits;
    this.#room = limits.total;
  }

  /** Keeps a value and tells the name of its variable. */
  add(tag: string, value: string): string {
    const name = this.#freeName(tag);
    if (!this.all.has(name)) {
      const bounded = bound(value.replaceAll("\0", ""), Math.min(this.#limits.single, this.#room));
      this.#room = Math.max(0, this.#room - Buffer.byteLength(bounded));
      this.#tags.set(name, tag);
      this.all.set(name, bounded);
    }
    return name;
  }

  /** Two tags whose names only differ in punctuation must not share a variable. */
  #freeName(tag: string): string {
    let name = variableName(tag);
    while ((this.#tags.get(name) ?? tag) !== tag) {
      name += "_";
    }
    return name;
  }
}

function bound(value: string, bytes: number): string {
  if (value.length * 3 <= bytes || Buffer.byteLength(value) <= bytes) {
    return value;
  }
  const room = Math.max(0, bytes - Buffer.byteLength(MARKER));
  const { read } = new TextEncoder().encodeInto(value, new Uint8Array(room));
  return value.slice(0, read) + MARKER;
}
