import { lstatSync, readdirSync } from "node:fs";
import { isFolder } from "./text-file";

const MAGIC = /[*?[]/;

/**
 * The paths a shell pattern names, sorted: `*`, `?`, `[a-z]`, `[!a]`; a leading dot must be written out and `**`
 * is `*`. A pattern without wildcards gives the path itself if anything, also a dangling link, is there.
 * Folders that cannot be read count as empty.
 */
export function globPaths(pattern: string): string[] {
  if (!MAGIC.test(pattern)) {
    return isThere(pattern) ? [pattern] : [];
  }
  const slash = pattern.lastIndexOf("/");
  const folderPattern = slash > 0 ? pattern.slice(0, slash) : pattern.slice(0, slash + 1);
  const name = pattern.slice(slash + 1);
  const folders = MAGIC.test(folderPattern) ? globPaths(folderPattern) : [folderPattern];
  return folders.flatMap((folder) => listFolder(folder, name)).sort(compareText);
}

/** The files of one folder whose names match, as sorted paths; the folder's own name is taken literally. */
export function listFolder(folder: string, namePattern: string): string[] {
  const prefix = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  if (namePattern === "") {
    return isFolder(folder) ? [prefix] : [];
  }
  if (!MAGIC.test(namePattern)) {
    return isThere(prefix + namePattern) ? [prefix + namePattern] : [];
  }
  const matches = compileGlob(namePattern);
  const hidden = namePattern.startsWith(".");
  return listNames(folder === "" ? "." : folder)
    .filter((name) => hidden === name.startsWith(".") && matches(name))
    .map((name) => prefix + name)
    .sort(compareText);
}

/**
 * A test for one file name against one pattern. It walks both with a single point to come back to, so no pattern
 * takes more than length × length steps.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const tokens = tokenize(pattern);
  return (name) => matchTokens(tokens, Array.from(name));
}

type Token = "*" | ((character: string) => boolean);

function tokenize(pattern: string): Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  // Behind it no set is closed any more, and nobody has to look.
  const last = characters.lastIndexOf("]");
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? "";
    const end = character === "[" && i < last ? findClosing(characters, i) : -1;
    if (character === "*") {
      tokens.push("*");
    } else if (character === "?") {
      tokens.push(() => true);
    } else if (end > 0) {
      tokens.push(compileSet(characters.slice(i + 1, end)));
      i = end;
    } else {
      tokens.push((other) => other === character);
    }
  }
  return tokens;
}

/** A bracket that comes first in a set, or right after its `!`, is an ordinary character: `[]x]`. */
function findClosing(characters: readonly string[], open: number): number {
  const first = characters[open + 1] === "!" ? open + 2 : open + 1;
  return characters.indexOf("]", first + 1);
}

function compileSet(set: readonly string[]): (character: string) => boolean {
  const negated = set[0] === "!";
  const members = negated ? set.slice(1) : set;
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i] ?? "";
    const to = members[i + 1] === "-" ? members[i + 2] : undefined;
    ranges.push([from, to ?? from]);
    i += to === undefined ? 0 : 2;
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to) !== negated;
}

function matchTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let star = -1;
  let resume = 0;
  for (let at = 0; at < name.length; ) {
    const test = tokens[token];
    if (test === "*") {
      star = token++;
      resume = at;
    } else if (test?.(name[at] ?? "")) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === "*");
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return path !== "" && lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
