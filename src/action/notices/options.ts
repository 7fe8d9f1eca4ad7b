import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { messageOf, secondsOf, WarderError } from "../../model";

const ON = ["1", "on", "true", "yes"];
const OFF = ["0", "off", "false", "no"];

/** The parameters of an action by name. */
export type OptionTexts = Readonly<Record<string, string>>;

/** Reads parameters of an action; every method throws `WarderError` that names the parameter and what it can be. */
export class Options {
  readonly texts: OptionTexts;

  constructor(texts: OptionTexts) {
    this.texts = texts;
  }

  text(name: string, usual = ""): string {
    const text = this.texts[name]?.trim() ?? "";
    return text === "" ? usual : text;
  }

  needed(name: string, why: string): string {
    const text = this.text(name);
    return text === "" ? fail(`${name} is missing: ${why}`) : text;
  }

  isOn(name: string, usual: boolean): boolean {
    const text = this.text(name).toLowerCase();
    if (text === "") {
      return usual;
    }
    return (
      ON.includes(text) || (OFF.includes(text) ? false : fail(`${name} is yes or no, not ${quote(text)}`))
    );
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[], usual: Choice): Choice {
    const text = this.text(name, usual);
    const known = choices.find((choice) => choice === text);
    return known ?? fail(`${name} is one of ${choices.join(", ")}, not ${quote(text)}`);
  }

  whole(name: string, usual: number, [least, most]: readonly [number, number]): number {
    const text = this.text(name, String(usual));
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most
      ? value
      : fail(`${name} is a number from ${least} to ${most}, not ${quote(text)}`);
  }

  seconds(name: string, usual: number, [least, most]: readonly [number, number]): number {
    const text = this.text(name, String(usual));
    const value = secondsOf(text);
    return value !== undefined && value >= least && value <= most
      ? value
      : fail(`${name} is a time from ${least} to ${most} seconds such as 30s or 10m, not ${quote(text)}`);
  }

  /** A secret from the parameter itself, or from the file that `NAME_file` names; read anew each time, it may change. */
  secret(name: string): () => string {
    const file = this.text(`${name}_file`);
    if (file === "") {
      const text = this.text(name);
      return () => text;
    }
    return () => readSecret(`${name}_file`, file);
  }

  hasSecret(name: string): boolean {
    return this.text(name) !== "" || this.text(`${name}_file`) !== "";
  }
}

/** An address of the web. Throws `WarderError`; the message does not repeat it, for it may hold a secret. */
export function parseUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") {
    return url;
  }
  return fail(`${name} is no address that begins with https:// or http://`);
}

/** An address that a secret is sent to. Throws `WarderError` when others on the way could read it. */
export function parseSecretUrl(name: string, text: string): URL {
  const url = parseUrl(name, text);
  return url.protocol === "https:" || isLoopback(url.hostname)
    ? url
    : fail(`${name} has to begin with https://: a secret would go through the net for all to read`);
}

/** Whether a host is this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** Refuses a setting. */
export function fail(message: string): never {
  throw new WarderError("notice-settings", message);
}

/** A text without the secrets that may be in it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length > 3);
  return known
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
    .reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new WarderError("notice-secret", `Cannot read ${name} ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** The texts of all properties that are for programs: none of the shell commands. */
export function listOptions(properties: ReadonlyMap<string, unknown>): OptionTexts {
  const texts = [...properties].filter(([name, value]) => !/^action(?!$)/.test(name) && isPlain(value));
  return Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
}

function isPlain(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
