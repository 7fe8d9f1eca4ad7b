import * as fc from "fast-check";
import { PyFloat, PyTuple, type CommandValue } from "../model";

const scalar: fc.Arbitrary<CommandValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
  fc.double().map((value) => (Number.isInteger(value) ? new PyFloat(value) : value)),
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ minLength: 300, maxLength: 400 }),
);
/** Keys that JavaScript and Python tell apart in the same way. */
const key = fc.oneof(
  fc.string(),
  fc.integer({ min: 2 }),
  fc.tuple(fc.string()).map((items) => new PyTuple(items)),
);

/** Random plain data of all the kinds a pickle may carry. */
export const commandValues: fc.Arbitrary<CommandValue> = fc.letrec<{ value: CommandValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 5 }).map((items) => new PyTuple(items)),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.integer({ min: 2 })), tie("value")), { maxLength: 4 })
      .map((entries) => new Map<CommandValue, CommandValue>(entries)),
    fc.uniqueArray(key, { maxLength: 1 }).map((items) => new Set<CommandValue>(items)),
  ),
})).value;
