import { execFile, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ControlServer,
  duplicateJailError,
  indexError,
  keyError,
  regexError,
  RemoteError,
  unknownJailError,
  valueError,
} from "../../src/control";
import { formatPythonText, PyFloat, PyTuple, type Command, type CommandValue } from "../../src/model";
import { makeServerFolder, REAL_CLIENT } from "./control-server.testing";

const hasOracle = existsSync(REAL_CLIENT[0] ?? "") && spawnSync("python3", ["--version"]).status === 0;
if (!hasOracle) {
  console.warn("SKIPPED: reply conformance needs fail2ban and python3 installed");
}

const VALUES: Record<string, CommandValue> = {
  none: null,
  truth: true,
  float: new PyFloat(86_400),
  text: "a 'b' ü€\u{1f600}",
  long: "x".repeat(100_000),
  list: ["a", 1, -5, 70_000, 2 ** 40, 123456789012345678901234567890n, 1.5, [], new PyTuple(["x"])],
  dict: new Map<CommandValue, CommandValue>([
    ["t1", ["192.0.2.1"]],
    [1, null],
  ]),
  set: new Set(["a"]),
};
const ERRORS: Record<string, RemoteError> = {
  "unknown-jail": unknownJailError("it's"),
  "duplicate-jail": duplicateJailError("x"),
  index: indexError(),
  key: keyError("Invalid Action name: x"),
  value: valueError("not banned: ['192.0.2.1']"),
  regex: regexError("No failure-id group in 'x'"),
  file: new RemoteError("builtins.FileNotFoundError", [2, "No such file or directory", "/x"]),
  attribute: new RemoteError("builtins.AttributeError", ["'A' object has no attribute 'b'"]),
};

/** Sends the same request with every pickle protocol over one connection, pipelined; prints the replies' reprs. */
const SCRIPT = `
import pickle, socket, sys
END = b"<F2B_END_COMMAND>"
with socket.socket(socket.AF_UNIX) as s:
    s.connect(sys.argv[1])
    s.sendall(b"".join(pickle.dumps(["dict", {"a": {1, 2}}, 1.0, True], p) + END for p in range(6)))
    s.sendall(b"garbage" + END + b"<F2B_CLOSE_COMMAND>" + END)
    data = b""
    while chunk := s.recv(4096):
        data += chunk
for message in data.split(END)[:-1]:
    print(repr(pickle.loads(message)))
`;

describe.skipIf(!hasOracle)("fail2ban's client and our server", () => {
  let folder = "";
  let socket = "";
  let server: ControlServer;

  beforeAll(async () => {
    folder = makeServerFolder();
    socket = join(folder, "run", "ours.sock");
    server = new ControlServer({ endpoint: { path: socket }, handler: answer });
    await server.listen();
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test.each(["none", "truth", "float", "text", "long", "list", "dict", "set"])(
    "prints our value %s as Python does",
    async (name) => {
      const { status, out } = await run(...REAL_CLIENT, "-c", join(folder, "conf"), "-s", socket, name);
      expect(status).toBe(0);
      expect(out).toBe(`${formatPythonText(VALUES[name] ?? null)}\n`);
    },
  );

  test.each([
    ["unknown-jail", "Sorry but the jail 'it's' does not exist"],
    ["duplicate-jail", "The jail 'x' already exists"],
    ["index", "Sorry but the command is invalid"],
    ["key", "'Invalid Action name: x'"],
    ["value", "not banned: ['192.0.2.1']"],
    ["regex", "No failure-id group in 'x'"],
    ["file", "[Errno 2] No such file or directory: '/x'"],
    ["attribute", "'A' object has no attribute 'b'"],
  ])("knows our exception %s", async (name, text) => {
    const { status, out, err } = await run(...REAL_CLIENT, "-c", join(folder, "conf"), "-s", socket, name);
    expect(status).toBe(255);
    expect(out).toBe(`${text}\n`);
    expect(err).toContain(`NOK: ${ERRORS[name]?.argsRepr}`);
  });

  test("is understood whatever pickle protocol it speaks", async () => {
    const { out, err } = await run("python3", "-c", SCRIPT, socket);
    expect(err).toBe("");
    const reply = "(0, {'t1': ['192.0.2.1'], 1: None})\n";
    expect(out).toBe(`${reply.repeat(6)}'ERROR: pickle data was truncated'\n`);
  });
});

async function answer(command: Command): Promise<CommandValue> {
  const name = formatPythonText(command[0] ?? null);
  const error = ERRORS[name];
  if (error) {
    throw error;
  }
  return Promise.resolve(VALUES[name] ?? null);
}

interface Output {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Not synchronous: the server that answers runs in this process. */
async function run(program = "", ...args: readonly string[]): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" } },
      (_, out, err) => {
        resolve({ status: child.exitCode ?? -1, out, err });
      },
    );
  });
}
