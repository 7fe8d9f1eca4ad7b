const OBJECT = /^\s*\{/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** Reads lines that are JSON objects; several regexes ask for the same line one after the other, it is read once. */
export class JsonReader {
  #text = "";
  #value: unknown;

  /** The object, or `undefined` for a line that is anything else. */
  read(text: string): unknown {
    if (text !== this.#text) {
      this.#value = OBJECT.test(text) ? parse(text) : undefined;
      this.#text = text;
    }
    return this.#value;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Tells whether any object in a JSON text has one of those names twice. Programs that glue their JSON together without
 * escaping what clients send let a client add members of its own; which of the two is genuine nobody can tell then.
 */
export function hasTwice(json: string, names: ReadonlySet<string>): boolean {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(new Set());
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token !== ":") {
      last = token;
    } else if (isRepeated(nameOf(last), names, open.at(-1))) {
      return true;
    }
  }
  return false;
}

function isRepeated(name: string, names: ReadonlySet<string>, seen: Set<string> | undefined): boolean {
  if (!seen || !names.has(name)) {
    return false;
  }
  const isKnown = seen.has(name);
  seen.add(name);
  return isKnown;
}

/** The name `"\u0069p"` is `ip` too. */
function nameOf(token: string): string {
  return token.includes("\\") ? String(parse(token)) : token.slice(1, -1);
}
