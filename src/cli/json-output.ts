import { JsonClient, type JsonValue } from "../control";
import type { ClientIo } from "./client-io";
import { describeJail, jailsOf } from "./json-status";

/** Words whose work a client does itself; they have no value to show. */
const NOT_ASKED: ReadonlySet<string> = new Set(["start", "restart", "reload", "--test", "help"]);

/** Whether a command has an answer that can be shown as JSON. */
export function hasJsonAnswer(words: readonly string[]): boolean {
  return words[0] !== undefined && !NOT_ASKED.has(words[0]);
}

/**
 * Sends a command and prints what the daemon answers as one line of JSON; `status` and `banned` in a shape made for
 * programs. @throws RemoteError, ConnectionError
 */
export async function printJson(words: readonly string[], socket: string, io: ClientIo): Promise<void> {
  const client = new JsonClient(socket);
  try {
    io.out(`${JSON.stringify(await ask(words, client))}\n`);
  } finally {
    client.close();
  }
}

async function ask(words: readonly string[], client: JsonClient): Promise<JsonValue> {
  const [name = "", first] = words;
  if (name === "status" && first !== undefined && first !== "--all") {
    return describe(first, await client.send(["status", first]), client);
  }
  if (name === "status") {
    const jails: JsonValue[] = [];
    for (const [jail, status] of jailsOf(await client.send(["status", "--all"]))) {
      jails.push(await describe(jail, status, client));
    }
    return { jails };
  }
  const value = await client.send(words);
  return name === "banned" ? describeBanned(words.slice(1), value) : value;
}

async function describe(jail: string, status: JsonValue, client: JsonClient): Promise<JsonValue> {
  return describeJail(jail, status, await client.send(["get", jail, "enforcement"]));
}

/** Without addresses: who is banned in each jail; with them: the jails of each. */
function describeBanned(ids: readonly string[], value: JsonValue): JsonValue {
  const list = value as readonly JsonValue[];
  return ids.length === 0
    ? Object.fromEntries(list.flatMap((jail) => Object.entries(jail as Readonly<Record<string, JsonValue>>)))
    : Object.fromEntries(ids.map((id, i) => [id, list[i] ?? []]));
}
