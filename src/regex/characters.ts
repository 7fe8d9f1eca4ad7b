/** The characters of a text as Python counts them: code points, where JavaScript counts UTF-16 units. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}

/** How many characters a text has, as Python counts them. */
export function lengthOf(text: string): number {
  return charactersOf(text).length;
}
