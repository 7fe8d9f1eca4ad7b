/** Who reads a text, and so what in it would be a command. */
export type EscapeStyle = "plain" | "slack" | "discord" | "telegram";

export const ESCAPE_STYLES: readonly EscapeStyle[] = ["plain", "slack", "discord", "telegram"];

/** Joins words without being seen: what stands on both sides is no longer one word to a program. */
const JOINER = "\u2060";

/** Takes the power from whatever a receiver would take for markup, a link or a call to people. */
export function escapeFor(style: EscapeStyle, text: string): string {
  switch (style) {
    case "slack":
      // <!channel>, <@U123>, <http://…|text>: all of Slack's commands begin with an angle bracket.
      return text
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;")
        .replace(/[*_~`]/g, `$&${JOINER}`);
    case "discord":
      return text
        .replace(/[\\*_~`|>#[\]()<]/g, "\\$&")
        .replace(/@/g, `@${JOINER}`)
        .replace(/:\/\//g, `:${JOINER}//`);
    case "telegram":
      // Without parse_mode there is no markup, but names and commands are still found.
      return text.replace(/[@/#]/g, `$&${JOINER}`);
    default:
      return text;
  }
}
