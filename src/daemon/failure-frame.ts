import { FailurePacker, decodeFailures, isSoundBatch, type FailureBatch } from "./failure-wire";
import { MAX_FRAME, encodeFrame } from "./reader-frames";

/** Failures for jails that read alike. */
export interface FailureMessage {
  readonly jails: readonly string[];
  readonly failures: FailureBatch;
}

/** Bytes in front of the parts: lengths of the head and of the numbers. */
const LENGTHS = 8;
/** Bytes of texts that go in one message; more are sent failure by failure. */
const MOST_TEXT = MAX_FRAME / 2;

/** Failures as messages for a pipe: JSON (jails, names), the numbers, the bytes of the texts. */
export function encodeFailures({ jails, failures }: FailureMessage): readonly Buffer[] {
  return splitBatch(failures).map((batch) => {
    const head = Buffer.from(JSON.stringify({ jails, names: batch.names }));
    const { buffer, byteOffset, byteLength } = batch.numbers;
    const lengths = Buffer.alloc(LENGTHS);
    lengths.writeUInt32LE(head.length);
    lengths.writeUInt32LE(byteLength, 4);
    const numbers = new Uint8Array(buffer, byteOffset, byteLength);
    return encodeFrame("failures", lengths, head, numbers, batch.bytes);
  });
}

/** What `encodeFailures` was given, its jails unread; `undefined` for anything it would not have made. */
export function decodeFailureFrame(
  bytes: Buffer,
): { readonly jails: readonly unknown[]; readonly failures: FailureBatch } | undefined {
  if (bytes.length < LENGTHS) {
    return undefined;
  }
  const head = LENGTHS + bytes.readUInt32LE();
  const numberBytes = bytes.readUInt32LE(4);
  const end = head + numberBytes;
  if (end > bytes.length || numberBytes % Float64Array.BYTES_PER_ELEMENT !== 0) {
    return undefined;
  }
  const facts = parseHead(bytes.toString("utf8", LENGTHS, head));
  const numbers = new Float64Array(Uint8Array.from(bytes.subarray(head, end)).buffer);
  const failures = facts && { names: facts.names, bytes: Uint8Array.from(bytes.subarray(end)), numbers };
  return failures && isSoundBatch(failures) ? { jails: facts.jails, failures } : undefined;
}

function parseHead(text: string): { readonly jails: readonly unknown[]; readonly names: string } | undefined {
  try {
    const value = JSON.parse(text) as { readonly jails?: unknown; readonly names?: unknown } | null;
    return value && Array.isArray(value.jails) && typeof value.names === "string"
      ? { jails: value.jails, names: value.names }
      : undefined;
  } catch {
    return undefined;
  }
}

/** A batch may be larger than a message; a failure that is goes without its lines. */
function splitBatch(batch: FailureBatch): readonly FailureBatch[] {
  if (batch.bytes.length <= MOST_TEXT) {
    return [batch];
  }
  return decodeFailures(batch).flatMap((failure) => {
    const packed = failure.packed;
    const isLong = packed !== undefined && packed.end - packed.start > MOST_TEXT;
    const packer = new FailurePacker();
    packer.add(isLong ? { ...copyHead(failure), groups: new Map(), matches: [] } : failure);
    return packer.take();
  });
}

function copyHead({
  time,
  count,
  weight,
  bantime,
  id,
  address,
  ip,
  host,
}: ReturnType<typeof decodeFailures>[number]) {
  return { time, count, weight, bantime, id, address, ip, host };
}
