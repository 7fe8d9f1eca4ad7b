import type { FilterSettings } from "./filter-choice";
import type { RegexOptions } from "./options";

/** What reading a log needs to know. */
export interface ReadingNeeds {
  readonly settings: FilterSettings;
  readonly options: RegexOptions;
  say(text: string): void;
}

const DEFAULT_ENCODING = "UTF-8";

/** The name of the encoding that is used. */
export function encodingName({ options, settings }: Pick<ReadingNeeds, "options" | "settings">): string {
  const name = options.encoding ?? settings.logencoding ?? "auto";
  return name === "auto" ? DEFAULT_ENCODING : name;
}
