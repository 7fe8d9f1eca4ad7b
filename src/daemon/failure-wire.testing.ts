import type { Failure } from "../model";
import { FailurePacker, type FailureBatch } from "./failure-wire";

/** All these failures in one batch. */
export function encodeFailures(failures: readonly Failure[]): FailureBatch {
  const packer = new FailurePacker();
  failures.forEach((failure) => packer.add(failure));
  return packer.take().flat();
}
