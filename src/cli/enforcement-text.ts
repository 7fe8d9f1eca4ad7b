import { ControlClient } from "../control";
import { formatPythonText, PyTuple, type CommandValue } from "../model";
import type { ClientIo } from "./client-io";

/** How long the daemon may take to answer, in milliseconds. */
const PATIENCE = 30_000;
const LONGEST_REASON = 300;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f]+/g;

/**
 * Prints what the actions of a jail, or of all, have made of its bans, since fail2ban's own text lists all of them alike.
 * Of a daemon that knows nothing of it, such as fail2ban's, nothing is printed. @throws ConnectionError
 */
export async function printEnforcement(
  socket: string,
  jail: string | undefined,
  io: ClientIo,
): Promise<void> {
  const client = await ControlClient.connect(socket, PATIENCE);
  try {
    for (const name of jail === undefined ? await listJails(client) : [jail]) {
      const reply = await client.send(["get", name, "enforcement"], PATIENCE);
      io.out(reply.ok ? formatEnforcement(name, reply.value) : "");
    }
  } finally {
    client.close();
  }
}

async function listJails(client: ControlClient): Promise<readonly string[]> {
  const reply = await client.send(["status"], PATIENCE);
  const rows: readonly CommandValue[] = reply.ok && Array.isArray(reply.value) ? reply.value : [];
  const row = rows.find((one) => one instanceof PyTuple && one.items[0] === "Jail list");
  const list = row instanceof PyTuple ? row.items[1] : undefined;
  return typeof list === "string" ? list.split(", ").filter((name) => name !== "") : [];
}

/** The answer to `get JAIL enforcement` for people; empty for any other value. */
export function formatEnforcement(jail: string, value: CommandValue): string {
  const members = membersOf(value);
  const [applied, pending, failed] = ["applied", "pending", "failed"].map((name) => members.get(name));
  if (typeof applied !== "number" || typeof pending !== "number" || typeof failed !== "number") {
    return "";
  }
  const rows = failed > 0 ? listFailed(membersOf(members.get("reasons")), failed) : [];
  const lines = [
    `Enforcement for the jail: ${jail}`,
    `|- In force:\t${applied}`,
    `|- Pending:\t${pending}`,
    `\`- Failed:\t${failed}`,
    ...rows.map((row, i) => `   ${i < rows.length - 1 ? "|" : "`"}- ${row}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function membersOf(value: CommandValue | undefined): ReadonlyMap<CommandValue, CommandValue> {
  return value instanceof Map ? (value as ReadonlyMap<CommandValue, CommandValue>) : new Map();
}

function listFailed(reasons: ReadonlyMap<CommandValue, CommandValue>, failed: number): string[] {
  const rows = [...reasons]
    .slice(0, failed)
    .map(([id, reason]) => `${clean(formatPythonText(id))}: ${clean(formatPythonText(reason)) || "unknown"}`);
  return rows.length < failed ? [...rows, `and ${failed - rows.length} more`] : rows;
}

/** Reasons are what programs wrote, ids may be any text of a log: they stay one line each. */
function clean(text: string): string {
  const line = text.trim().replaceAll(CONTROLS, " ");
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}...` : line;
}
