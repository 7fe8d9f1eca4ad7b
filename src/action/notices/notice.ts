/** What notices can tell of. */
export type NoticeEvent = "ban" | "unban" | "start" | "stop";

/** One ban as the thread sees it: plain data that can be sent and stored. All texts are as strangers wrote them. */
export interface BanFacts {
  readonly ip: string;
  readonly fid: string;
  readonly family: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** Seconds; -1 never ends. */
  readonly bantime: number;
  readonly bancount: number;
  readonly failures: number;
  readonly restored: boolean;
  readonly matches: readonly string[];
  /** Values of further tags that the settings mention. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Something to tell. */
export interface Notice {
  readonly event: NoticeEvent;
  readonly jail: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** Absent for starts and stops. */
  readonly facts?: BanFacts;
}

/** A notice that waits in the queue. */
export interface QueuedNotice {
  readonly id: number;
  /** The action it is for, see `actionKey`. */
  readonly key: string;
  readonly notice: Notice;
}

/** Notices that are told together; `omitted` more were only counted. */
export interface NoticeBatch {
  readonly notices: readonly Notice[];
  readonly omitted: number;
  /** Told without log lines and look-ups: the full text was refused. */
  readonly isReduced: boolean;
  /** Stays the same however often it is tried. */
  readonly id: string;
}

/** What came of an attempt. A `note` is for people. `later` is tried again, after so many seconds if somebody said so; `refused` is not. */
export type Delivery =
  | { readonly status: "delivered"; readonly note?: string }
  | { readonly status: "later"; readonly reason: string; readonly after?: number }
  | { readonly status: "refused"; readonly reason: string };

/** Takes notices somewhere. Never rejects. */
export interface Carrier {
  /** Whether several notices become one message. */
  readonly gathers: boolean;
  carry(batch: NoticeBatch): Promise<Delivery>;
}

/** Carried out. */
export const DELIVERED: Delivery = { status: "delivered" };

/** One action of one jail, in the queue and between the threads. */
export function actionKey(jail: string, action: string): string {
  return JSON.stringify([jail, action]);
}

/** The offenders a batch tells of, each once. */
export function batchIps(batch: NoticeBatch): readonly string[] {
  return [...new Set(batch.notices.flatMap(({ facts }) => facts?.ip ?? []))];
}
