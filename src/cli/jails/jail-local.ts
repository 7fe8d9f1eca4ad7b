const HEADER = /^\[([^\]]+)\]/;
const ENABLED = /^enabled\s*[=:]/i;

/**
 * The text of a `jail.local` with `enabled` of a jail set. Everything else stays as it is, byte for byte: the line is
 * replaced where there is one, put below the last header of the jail where there is none, and a section is added at the end
 * where there is none of that.
 */
export function setEnabled(text: string, jail: string, enabled: boolean): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(newline);
  const setting = `enabled = ${enabled}`;
  const header = lines.findLastIndex((line) => HEADER.exec(line)?.[1] === jail);
  if (header < 0) {
    const before = text === "" || text.endsWith(newline) ? text : `${text}${newline}`;
    const gap = before === "" ? "" : newline;
    return `${before}${gap}[${jail}]${newline}${setting}${newline}`;
  }
  const end = lines.findIndex((line, i) => i > header && HEADER.test(line));
  const body = lines.slice(header + 1, end < 0 ? lines.length : end);
  const last = body.findLastIndex((line) => ENABLED.test(line));
  if (last < 0) {
    lines.splice(header + 1, 0, setting);
  } else {
    lines[header + 1 + last] = setting;
  }
  return lines.join(newline);
}
