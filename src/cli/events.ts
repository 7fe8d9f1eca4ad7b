import { JsonClient, type EventJson, type JsonValue } from "../control";
import { formatDuration } from "../model";
import { formatDateTime } from "../platform";
import type { ClientIo } from "./client-io";

/** What to listen for and how to show it. */
export interface EventsOptions {
  /** Names of events; none means all. */
  readonly names: readonly string[];
  readonly json: boolean;
}

/** Prints what happens, one line each, until the daemon ends. @throws RemoteError, ConnectionError */
export async function followEvents(socket: string, options: EventsOptions, io: ClientIo): Promise<void> {
  const client = new JsonClient(socket);
  try {
    for await (const event of client.events(options.names.length === 0 ? ["all"] : options.names)) {
      io.out(`${options.json ? JSON.stringify(event) : formatEvent(event)}\n`);
    }
  } finally {
    client.close();
  }
}

/** One line for people: `2026-11-20 23:22:12  ban       [sshd] 192.0.2.1 for 10m`. */
export function formatEvent(event: EventJson): string {
  const { at, event: name, jail, id } = event;
  const head = `${formatDateTime(Number(at))}  ${textOf(name).padEnd(14)}`;
  const about = jail === undefined ? "" : `[${textOf(jail)}] ${textOf(id)}`;
  return `${head}  ${about}${describeRest(event)}`.replaceAll(CONTROLS, "?");
}

/** Ids may be text from a log: none of it may steer a terminal. */
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g;

function describeRest({ event, bantime, reason, why, count, restored }: EventJson): string {
  switch (event) {
    case "ban":
    case "prolonged":
      return `${describeTime(Number(bantime))}${restored === true ? " (restored)" : ""}`;
    case "ignored":
      return `, ${textOf(reason)}`;
    case "unban":
      return `, ${textOf(why)}`;
    case "dropped":
      return `${textOf(count)} events were lost: they came faster than they were taken`;
    default:
      return "";
  }
}

function describeTime(bantime: number): string {
  return bantime < 0 ? " for good" : ` for ${formatDuration(bantime)}`;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
