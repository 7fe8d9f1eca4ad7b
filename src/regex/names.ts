/** A name as Python's `repr` shows it, enough for error messages. */
export function quote(name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return escaped.includes("'") && !escaped.includes('"')
    ? `"${escaped}"`
    : `'${escaped.replaceAll("'", "\\'")}'`;
}

/** Whether a text is a group number rather than a name. */
export function isGroupNumber(text: string): boolean {
  return /^[0-9]+$/.test(text);
}
