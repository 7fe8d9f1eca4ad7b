import { basename, dirname, resolve } from "node:path";
import {
  ConfigError,
  hasJail,
  parseCall,
  readFilterFile,
  readJailFilter,
  type Call,
  type FilterReading,
  type FilterReference,
} from "../../config";
import { formatPythonText, type CommandValue, type Sourced } from "../../model";
import { pathExists } from "../../platform";

type LogType = FilterReference["logtype"];

/** What is to be tried. */
export interface FilterChoice {
  readonly form: "jail" | "filter" | "file" | "line";
  /** The jail, the filter, the path or the regex as given. */
  readonly name: string;
  /** The configuration folder of a filter. */
  readonly basedir: string;
  readonly options: ReadonlyMap<string, string>;
  /** Gives what the jail or filter sets; throws `ConfigError`. */
  read(): FilterSettings;
}

/** What a jail or filter sets. */
export interface FilterSettings {
  prefregex?: Sourced;
  failregex: Sourced[];
  ignoreregex: Sourced[];
  datepattern?: Sourced;
  maxlines?: number;
  usedns?: string;
  logencoding?: string;
  logtimezone?: string;
  journalmatch: string[][];
}

/** Says what the REGEX argument names; what is neither jail nor filter nor file is a regex. */
export function chooseFilter(text: string, config: string, logtype: LogType): FilterChoice {
  const call = callOf(text);
  const found = call && (findByPath(call, logtype) ?? findByName(call, config, logtype));
  return (
    found ?? { form: "line", name: text, basedir: config, options: new Map(), read: () => regexOnly(text) }
  );
}

function callOf(text: string): Call | undefined {
  try {
    return parseCall(text);
  } catch (error) {
    if (error instanceof ConfigError) {
      return undefined;
    }
    throw error;
  }
}

function findByPath({ name, args }: Call, logtype: LogType): FilterChoice | undefined {
  if (!name.includes("/")) {
    return undefined;
  }
  const path = withoutEnd(name);
  if (!(isFilter(path) || (path !== name && pathExists(name)))) {
    return undefined;
  }
  const folder = dirname(path);
  const directory = basename(folder) === "filter.d" ? dirname(folder) : folder;
  const form = directory === folder ? "file" : "filter";
  const read = (): FilterSettings =>
    collect(readFilterFile({ directory: resolve(directory), name: resolve(path), args, logtype }));
  return { form, name: form === "file" ? name : basename(path), basedir: directory, options: args, read };
}

function findByName({ name, args }: Call, config: string, logtype: LogType): FilterChoice | undefined {
  const common = { basedir: config, options: args };
  if (hasJail(config, name)) {
    const read = (): FilterSettings => collect(readJailFilter({ directory: config, name, args, logtype }));
    return { ...common, form: "jail", name, read };
  }
  const stem = withoutEnd(name);
  if (stem.includes("/") || !isFilter(resolve(config, "filter.d", stem))) {
    return undefined;
  }
  const read = (): FilterSettings =>
    collect(readFilterFile({ directory: config, name: stem, args, logtype }));
  return { ...common, form: "filter", name: stem, read };
}

function isFilter(path: string): boolean {
  return pathExists(`${path}.conf`) || pathExists(`${path}.local`);
}

function withoutEnd(name: string): string {
  return name.replace(/\.(?:conf|local)$/, "");
}

function regexOnly(text: string): FilterSettings {
  return { failregex: [{ text }], ignoreregex: [], journalmatch: [] };
}

function collect({ entries, problems }: FilterReading): FilterSettings {
  const settings: FilterSettings = { failregex: [], ignoreregex: [], journalmatch: [] };
  const problem = problems.find(({ severity }) => severity === "error");
  if (problem) {
    throw new ConfigError("config-syntax", problem.message, problem.origin);
  }
  for (const { command, origin, origins } of entries) {
    const [, , word, ...values] = command;
    const place = origin ? { origin } : {};
    if (word === "addfailregex" || word === "addignoreregex") {
      const list = word === "addfailregex" ? settings.failregex : settings.ignoreregex;
      const texts = values.flatMap((value) =>
        Array.isArray(value) ? (value as readonly CommandValue[]) : [value],
      );
      texts.forEach((text, i) =>
        list.push({ text: formatPythonText(text), ...(origins?.[i] ? { origin: origins[i] } : place) }),
      );
    } else if (word === "addjournalmatch") {
      settings.journalmatch.push(values.map(formatPythonText));
    } else {
      setValue(settings, formatPythonText(word ?? ""), { text: formatPythonText(values[0] ?? ""), ...place });
    }
  }
  return settings;
}

function setValue(settings: FilterSettings, word: string, value: Sourced): void {
  switch (word) {
    case "prefregex":
    case "datepattern":
      settings[word] = value;
      break;
    case "maxlines":
      settings.maxlines = Number(value.text);
      break;
    case "usedns":
    case "logencoding":
    case "logtimezone":
      settings[word] = value.text;
      break;
  }
}
