import { WarderError } from "../model";
import { datedTemplates, DEFAULT_TEMPLATES, LINE_BEGIN_TEMPLATES, templateOf } from "./defaults";
import { calendarTemplate, epochPatternTemplate, type DateTemplate } from "./template";

const DATE_MARK = /\{DATE\}/g;
const DATE_MARK_ANY_CASE = /\{DATE\}/gi;
const EPOCH_MARK = /\{L?EPOCH\}/i;
const SPECIAL = /^(?:\^|\{\^LN-BEG\})?(?:L?EPOCH|TAI64N)$/;

/**
 * The templates of a `datepattern` value, one per line; the default list when it names none.
 * @throws WarderError date-pattern for an unknown token or a template that is there twice.
 */
export function parsePatternList(text: string): readonly DateTemplate[] {
  const templates = lists.get(text) ?? parseList(text);
  if (lists.size < MOST_LISTS) {
    lists.set(text, templates);
  }
  return templates;
}

/** Jails of one service have the same patterns, and the regexes of equal templates are compiled only once. */
const lists = new Map<string, readonly DateTemplate[]>();
const MOST_LISTS = 256;

function parseList(text: string): readonly DateTemplate[] {
  const known = new Map<string, DateTemplate>();
  for (const line of text.split("\n").map((part) => part.trim())) {
    addLine(known, line);
  }
  return known.size > 0 ? [...known.values()] : DEFAULT_TEMPLATES;
}

function addLine(known: Map<string, DateTemplate>, line: string): void {
  // Special values may be written in any case, but tokens may not: %y is not %Y.
  const key = line.includes("%") ? line : line.toUpperCase();
  if (key === "" || key === "{DEFAULT}") {
    return;
  }
  const several = severalTemplates(line, key);
  if (several) {
    several.filter(({ name }) => !known.has(name)).forEach((template) => known.set(template.name, template));
    return;
  }
  const template = singleTemplate(line, key);
  if (known.has(template.name)) {
    throw new WarderError("date-pattern", `There is already a template with name ${template.name}`);
  }
  known.set(template.name, template);
}

function severalTemplates(line: string, key: string): readonly DateTemplate[] | undefined {
  if (key === "{^LN-BEG}") {
    return LINE_BEGIN_TEMPLATES;
  }
  if (!key.includes("{DATE}")) {
    return undefined;
  }
  return datedTemplates(line, line.includes("%") ? DATE_MARK : DATE_MARK_ANY_CASE);
}

function singleTemplate(line: string, key: string): DateTemplate {
  if (SPECIAL.test(key)) {
    return templateOf(key);
  }
  if (key === "{NONE}") {
    return calendarTemplate("{UNB}^");
  }
  if (EPOCH_MARK.test(key)) {
    return epochPatternTemplate(key.startsWith("{") && key.length <= "{LEPOCH}".length ? key : line);
  }
  return templateOf(line);
}
