/**
 * A value that travels between client and server: what Python's pickle carries of plain data.
 * A JavaScript number that is an integer is a Python int; `PyFloat` marks a float whose value is whole.
 */
export type CommandValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | PyTuple
  | readonly CommandValue[]
  | ReadonlyMap<CommandValue, CommandValue>
  | ReadonlySet<CommandValue>;

/** One request, such as `["set", "sshd", "maxretry", 5]`. */
export type Command = readonly CommandValue[];

/** A Python float; needed only where the value is whole and the `.0` must be seen. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A Python tuple, kept apart from a list because clients print the two differently. */
export class PyTuple {
  readonly items: readonly CommandValue[];

  constructor(items: readonly CommandValue[]) {
    this.items = items;
  }
}
