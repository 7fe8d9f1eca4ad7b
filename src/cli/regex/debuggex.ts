/** The address of debuggex.com that shows how a Python regex goes about a text. */
export function formatDebuggex(pattern: string, text: string, multiline: boolean): string {
  const flags = multiline ? "&flags=m" : "";
  return `https://www.debuggex.com/?re=${quote(pattern)}&str=${quote(text)}&flavor=python${flags}`;
}

/** As Python's `quote_plus`; half characters, which have no UTF-8, are replaced. */
function quote(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"))
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
