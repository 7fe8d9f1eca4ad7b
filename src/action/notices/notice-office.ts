import { messageOf } from "../../model";
import type { Clock } from "../../platform";
import { APPLIED, failed, SKIPPED, type ActionOperation, type ActionOutcome } from "../action";
import { Channel, type ChannelLimits } from "./channel";
import { CloudflareAction } from "./cloudflare";
import { MailCarrier } from "./mail-carrier";
import type { BanFacts, Carrier, NoticeEvent, QueuedNotice } from "./notice";
import { NoticeQueue } from "./notice-queue";
import { fail, Options } from "./options";
import { createAbuseIpDb, createBlocklistDe } from "./report-carrier";
import type { ThreadAction, ThreadReply, ThreadRequest } from "./thread-messages";
import { WebhookCarrier } from "./webhook-carrier";
import { XarfCarrier } from "./xarf-carrier";

/** What an office works with. */
export interface OfficeNeeds {
  readonly clock: Clock;
  /** The file of the queue; absent keeps it in memory. */
  readonly queuePath?: string;
  readonly reply: (reply: ThreadReply) => void;
}

/** An action that is open. */
interface Desk {
  readonly action: ThreadAction;
  /** What it tells of. */
  readonly events: ReadonlySet<string>;
  readonly channel?: Channel;
  readonly cloudflare?: CloudflareAction;
}

const DAY = 86_400;
/** Notices of actions that nobody opens any more are dropped after this time (seconds). */
const PARKED = 3 * DAY;
const EVENTS: readonly NoticeEvent[] = ["ban", "unban", "start", "stop"];
/** Options in which two actions with the same receiver may differ. */
const OWN_OPTIONS = /^(?:name|actname|action.*|norestored|events|timeout|native)$/;

/** All that the thread of notices does: actions come in, what they have to tell waits in the queue and goes its way. */
export class NoticeOffice {
  readonly #needs: OfficeNeeds;
  readonly #queue: NoticeQueue;
  readonly #desks = new Map<string, Desk>();
  /** Ways to receivers, by all that makes them different. */
  readonly #channels = new Map<string, Channel>();
  /** Firewalls that could not be opened, with the reason. */
  readonly #broken = new Map<string, string>();
  /** From an earlier run, for actions that are not open yet. */
  #parked: readonly QueuedNotice[];

  constructor(needs: OfficeNeeds) {
    this.#needs = needs;
    this.#queue = new NoticeQueue(needs.queuePath, (text) => this.#log("ERROR", text));
    this.#parked = this.#queue.waiting;
  }

  /** Does what the daemon asks for and answers. Never throws. */
  handle(request: ThreadRequest): void {
    void this.#do(request)
      .catch((error: unknown) => failed(messageOf(error)))
      .then((outcome) => this.#needs.reply({ type: "done", call: request.call, outcome }));
  }

  async #do(request: ThreadRequest): Promise<ActionOutcome> {
    switch (request.type) {
      case "open":
        this.#open(request.key, request.action, request.call === 0);
        return APPLIED;
      case "run":
        return this.#run(request.key, request.operation, request.facts);
      case "close":
        this.#close(request.key);
        return APPLIED;
      case "end":
        await this.#end(request.seconds);
        return APPLIED;
    }
  }

  /** `again` after the thread has died: nobody starts the action then. */
  #open(key: string, action: ThreadAction, again: boolean): void {
    const options = new Options(action.options);
    const log = (level: "ERROR" | "WARNING" | "INFO", text: string): void => this.#log(level, text);
    if (action.kind === "cloudflare") {
      this.#openCloudflare(key, action, { log, again });
      return;
    }
    this.#close(key);
    const channel = this.#channelFor(action, options);
    this.#desks.set(key, { action, events: readEvents(options), channel });
    this.#bringHome(key, channel);
  }

  /** With settings that cannot be used an action goes on with the old ones. */
  #openCloudflare(
    key: string,
    action: ThreadAction,
    {
      log,
      again,
    }: { readonly log: (level: "ERROR" | "INFO", text: string) => void; readonly again: boolean },
  ): void {
    try {
      const cloudflare = new CloudflareAction(action, this.#needs.clock, log);
      const older = this.#desks.get(key)?.cloudflare;
      if (older) {
        cloudflare.takeOver(older);
      } else if (again) {
        void cloudflare.resume();
      }
      this.#desks.set(key, { action, events: new Set(), cloudflare });
      this.#broken.delete(key);
    } catch (error) {
      this.#broken.set(key, messageOf(error));
      throw error;
    }
  }

  /** Notices of this action that wait elsewhere go the new way. */
  #bringHome(key: string, channel: Channel): void {
    const elsewhere = [...this.#channels.values()].filter((other) => other !== channel);
    const entries = elsewhere.flatMap((other) => other.take(key));
    const oldest = this.#needs.clock.now() - PARKED;
    const old = this.#parked.filter((entry) => entry.key !== key && entry.notice.at < oldest);
    entries.push(...this.#parked.filter((entry) => entry.key === key));
    this.#parked = this.#parked.filter((entry) => entry.key !== key && !old.includes(entry));
    if (old.length > 0) {
      void this.#queue.finish(old);
      this.#log("ERROR", `${old.length} notices of actions that are no more are dropped`);
    }
    entries.forEach((entry) => channel.add(entry));
    if (this.#queue.omitted(key) > 0) {
      channel.noteOmitted(key);
    }
    for (const [identity, other] of this.#channels) {
      if (other.isIdle && ![...this.#desks.values()].some((desk) => desk.channel === other)) {
        other.stop();
        this.#channels.delete(identity);
      }
    }
  }

  #channelFor(action: ThreadAction, options: Options): Channel {
    const carrier = createCarrier(action, options);
    const identity = identify(action);
    const known = this.#channels.get(identity);
    if (known) {
      return known;
    }
    const label = describeReceiver(action, options);
    const channel: Channel = new Channel(readLimits(options, carrier.gathers), {
      clock: this.#needs.clock,
      queue: this.#queue,
      carrier,
      log: (level, text) => this.#log(level, `${label}: ${text}`),
      keeps: (entry) => this.#keep(channel, entry),
    });
    this.#channels.set(identity, channel);
    return channel;
  }

  #keep(channel: Channel, entry: QueuedNotice): boolean {
    const home = this.#desks.get(entry.key)?.channel;
    if (!home || home === channel) {
      return true;
    }
    home.add(entry);
    return false;
  }

  async #run(key: string, operation: ActionOperation, facts?: BanFacts): Promise<ActionOutcome> {
    const desk = this.#desks.get(key);
    if (!desk) {
      const reason = this.#broken.get(key);
      return reason === undefined ? SKIPPED : failed(reason);
    }
    if (desk.cloudflare) {
      return desk.cloudflare.run(operation, facts);
    }
    const event = EVENTS.find((one) => one === operation);
    if (!event || !desk.channel || !desk.events.has(event) || facts?.restored === true) {
      return SKIPPED;
    }
    if (desk.channel.isFull) {
      const counted = this.#queue.omit(key, 1);
      desk.channel.noteOmitted(key);
      await counted;
      return APPLIED;
    }
    const notice = { event, jail: desk.action.jail, at: this.#needs.clock.now() };
    const { entry, stored } = this.#queue.add(key, facts ? { ...notice, facts } : notice);
    desk.channel.add(entry);
    await stored;
    return APPLIED;
  }

  /** What still waits of it goes on waiting: its channel stays. */
  #close(key: string): void {
    this.#desks.get(key)?.cloudflare?.close();
    this.#desks.delete(key);
    this.#broken.delete(key);
  }

  async #end(seconds: number): Promise<void> {
    const cancel: (() => void)[] = [];
    const late = new Promise<void>((resolve) => {
      cancel.push(this.#needs.clock.after(seconds, resolve));
    });
    const drained = Promise.all([...this.#channels.values()].map((channel) => channel.drain()));
    await Promise.race([drained, late]);
    cancel.forEach((call) => call());
    this.#channels.forEach((channel) => channel.stop());
    this.#desks.forEach(({ cloudflare }) => cloudflare?.close());
    const { length } = this.#queue.waiting;
    if (length > 0) {
      const where =
        this.#needs.queuePath === undefined ? "they are lost" : "they are sent after the next start";
      this.#log("WARNING", `${length} notices are not delivered; ${where}`);
    }
    this.#queue.close();
  }

  #log(level: "ERROR" | "WARNING" | "INFO", text: string): void {
    this.#needs.reply({ type: "log", level, text });
  }
}

function createCarrier(action: ThreadAction, options: Options): Carrier {
  switch (action.kind) {
    case "mail":
      return new MailCarrier(options, action.host);
    case "webhook":
      return new WebhookCarrier(options, action.host);
    case "abuseipdb":
      return createAbuseIpDb(options);
    case "blocklist-de":
      return createBlocklistDe(options);
    case "xarf":
      return new XarfCarrier(options, action.host);
    default:
      return fail(`native = ${action.kind} is not known`);
  }
}

function readEvents(options: Options): ReadonlySet<string> {
  const events = options
    .text("events", "ban")
    .split(/[\s,]+/)
    .filter((event) => event !== "");
  const wrong = events.find((event) => !EVENTS.some((known) => known === event));
  return wrong === undefined
    ? new Set(events)
    : fail(`events are some of ${EVENTS.join(", ")}, not ${wrong}`);
}

/** Reports are no messages for people: nothing is gathered, and the services set their own limits. */
function readLimits(options: Options, gathers: boolean): ChannelLimits {
  return {
    gather: options.seconds("gather", gathers ? 5 : 0, [0, DAY]),
    burst: options.whole("burst", gathers ? 6 : 60, [1, 10_000]),
    per: options.seconds("per", gathers ? 600 : 60, [1, DAY]),
    keep: options.seconds("keep", 2 * DAY, [1, 30 * DAY]),
    queue: options.whole("queue", 1000, [1, 100_000]),
  };
}

/** Two actions with the same one share a channel, and so its brake. */
function identify({ kind, options }: ThreadAction): string {
  const shared = Object.entries(options)
    .filter(([name]) => !OWN_OPTIONS.test(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([kind, shared]);
}

/** How the log names a receiver: never the path of an address, which may be a secret. */
function describeReceiver({ kind, options: texts }: ThreadAction, options: Options): string {
  if (kind === "mail") {
    return `Mail to ${options.text("dest", "root")} by ${options.text("smtp_host", "localhost")}`;
  }
  const url = texts["url"] ?? "";
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" ? `Action ${texts["actname"] ?? kind}` : `Action ${texts["actname"] ?? kind} to ${host}`;
}
