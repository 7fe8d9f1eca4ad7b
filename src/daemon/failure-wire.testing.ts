import type { Failure } from "../model";
import { FailurePacker, type FailureBatch } from "./failure-wire";

/** These few failures in one batch. */
export function encodeFailures(failures: readonly Failure[]): FailureBatch {
  const packer = new FailurePacker();
  failures.forEach((failure) => packer.add(failure));
  const [batch] = packer.take();
  if (!batch) {
    throw new Error("nothing was packed");
  }
  return batch;
}
