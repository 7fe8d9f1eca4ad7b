import { messageOf } from "../../model";

/** Gives the text of a tag, or undefined when there is none of that name. */
export type TagTexts = (name: string) => string | undefined;

const TAG = /<([A-Za-z][\w.-]*)>/y;

/**
 * Fills a JSON template: a tag within a string becomes the text, escaped; a tag outside of strings becomes a number
 * when it is one and a string otherwise. So no text can end a string, and the result is always JSON.
 * Unknown tags stay as they are within strings. Throws `SyntaxError` when the template is not JSON.
 */
export function fillJson(template: string, tags: TagTexts): string {
  let result = "";
  let inString = false;
  for (let at = 0; at < template.length; ) {
    const tag = matchTag(template, at);
    const text = tag && tags(tag.name);
    if (tag && text !== undefined) {
      result += inString ? JSON.stringify(text).slice(1, -1) : formatValue(text);
      at = tag.end;
      continue;
    }
    const character = template[at] ?? "";
    if (inString && character === "\\") {
      result += template.slice(at, at + 2);
      at += 2;
      continue;
    }
    inString = character === '"' ? !inString : inString;
    result += inString && character === "\n" ? "\\n" : character;
    at++;
  }
  return JSON.stringify(JSON.parse(result));
}

/** What is wrong with a template; undefined when it is fine. */
export function checkTemplate(template: string): string | undefined {
  try {
    // A number and a text: two tags beside each other are one number, but no text.
    fillJson(template, () => "1");
    fillJson(template, () => "x");
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Names of all tags that a text mentions. */
export function listTags(text: string): readonly string[] {
  return [...text.matchAll(/<([A-Za-z][\w.-]*)>/g)].map(([, name]) => name ?? "");
}

function matchTag(template: string, at: number): { readonly name: string; readonly end: number } | undefined {
  TAG.lastIndex = at;
  const [whole, name] = TAG.exec(template) ?? [];
  return whole === undefined || name === undefined ? undefined : { name, end: at + whole.length };
}

function formatValue(text: string): string {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text) ? text : JSON.stringify(text);
}
