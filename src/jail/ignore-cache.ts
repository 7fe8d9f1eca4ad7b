import { secondsOf, type Failure, type Offender } from "../model";

/** What `ignorecache` asks for: verdicts kept under a key, at most so many for so many seconds. */
export interface IgnoreCacheSettings {
  readonly key: string;
  readonly maxCount: number;
  readonly maxTime: number;
}

const OPTION = /\s*([\w.-]+)=(?:"([^"]*)"|'([^']*)'|([^"',][^,]*|))\s*(?:,|$)/y;
const DEFAULT_COUNT = 100;
const DEFAULT_TIME = 300;

/** Reads `key="<ip>", max-count=100, max-time=5m`; `undefined` when it is written wrong or names no key. */
export function parseIgnoreCache(text: string): IgnoreCacheSettings | undefined {
  const options = new Map<string, string>();
  OPTION.lastIndex = 0;
  while (OPTION.lastIndex < text.length) {
    const match = OPTION.exec(text);
    if (!match) {
      return undefined;
    }
    options.set(match[1] ?? "", match[2] ?? match[3] ?? (match[4] ?? "").trim());
  }
  const key = options.get("key");
  const maxCount = Number(options.get("max-count") ?? DEFAULT_COUNT);
  const maxTime = secondsOf(options.get("max-time") ?? DEFAULT_TIME);
  return key && Number.isInteger(maxCount) && maxTime !== undefined ? { key, maxCount, maxTime } : undefined;
}

/** Verdicts of the ignore rules, remembered for a while. */
export class IgnoreCache {
  readonly settings: IgnoreCacheSettings;
  readonly #verdicts = new Map<string, { readonly ignored: boolean; readonly until: number }>();

  constructor(settings: IgnoreCacheSettings) {
    this.settings = settings;
  }

  /**
   * The key of a failure. DIFFERS: the offender's id is always part of it, so that no verdict about one offender
   * ever serves another, whatever text a log puts into the groups.
   */
  keyOf(offender: Offender, failure?: Failure): string {
    const groups = this.settings.key.replace(/<([^<>]+)>/g, (_, tag: string) => {
      const group = tag.startsWith("F-") ? failure?.groups.get(tag.slice(2).toLowerCase()) : undefined;
      return typeof group === "string" ? JSON.stringify(group) : "";
    });
    return `${offender.id}\n${groups}`;
  }

  /** The remembered verdict; `undefined` when there is none, or it is too old. */
  get(key: string, now: number): boolean | undefined {
    const verdict = this.#verdicts.get(key);
    if (verdict && verdict.until < now) {
      this.#verdicts.delete(key);
      return undefined;
    }
    return verdict?.ignored;
  }

  /** Remembers a verdict; the oldest makes room. */
  set(key: string, ignored: boolean, now: number): void {
    this.#verdicts.delete(key);
    this.#verdicts.set(key, { ignored, until: now + this.settings.maxTime });
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= this.settings.maxCount) {
        return;
      }
      this.#verdicts.delete(oldest);
    }
  }
}
