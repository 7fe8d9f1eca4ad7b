import { formatPythonString } from "../../model";

const LONGEST_SHOWN = 300;

/** A piece of a line in quotes, control characters made visible, cut when it is long. */
export function quoteLine(text: string): string {
  return formatPythonString(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}
