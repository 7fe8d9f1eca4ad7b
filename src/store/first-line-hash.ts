import { createHash } from "node:crypto";

/**
 * The mark by which a log is known again: the SHA-1 of its first line including the line end, in hex.
 * fail2ban keeps it in a column named after MD5, but SHA-1 is what it writes.
 */
export function hashFirstLine(line: Uint8Array): string {
  return createHash("sha1").update(line).digest("hex");
}
