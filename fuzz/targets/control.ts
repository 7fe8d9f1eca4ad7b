import {
  decodePickle,
  encodePickle,
  fromJson,
  parseCommand,
  PickleError,
  RemoteError,
  toJson,
} from "../../src/control";
import { END, MessageSplitter } from "../../src/control/framing";
import { formatJsonReply, parseJsonRequest } from "../../src/control/json-request";
import { LineSplitter } from "../../src/control/line-splitter";
import { makeErrorReply } from "../../src/control/reply";
import { formatReply } from "../../src/control/reply-format";
import { WarderError, type CommandValue } from "../../src/model";
import { demand, demandSame, tolerate, type FuzzTarget } from "../target";

const COMMANDS: readonly (readonly CommandValue[])[] = [
  ["ping"],
  ["status", "sshd", "stats"],
  ["set", "sshd", "banip", "192.0.2.1", "--report-absent"],
  ["set", "sshd", "addfailregex", "^x <HOST>$"],
  ["set", "sshd", "action", "a", "actionban", "echo <ip>"],
  ["multi-set", "sshd", "addignoreip", ["::1", "192.0.2.0/24"]],
  ["get", "sshd", "banip", "--with-time"],
  ["reload", "--all", [], [["set", "loglevel", "INFO"]]],
  [
    "server-stream",
    [
      ["add", "sshd", "auto"],
      ["start", "sshd"],
    ],
  ],
  ["unban", "--all"],
  ["sleep", 0],
];
const WORDS = [
  ..."ping status set get add start stop reload unban banned sleep echo banip unbanip bantime maxretry".split(
    " ",
  ),
  ..."addlogpath addfailregex datepattern usedns action actionban --all --unban loglevel dbfile logtarget".split(
    " ",
  ),
];

/** A pickle as a client sends it: plain data or a refusal, and what is data can be written and read again. */
export const pickle: FuzzTarget = {
  name: "pickle",
  seeds: () => [
    ...COMMANDS.map((command) => encodePickle(command)),
    ...["(lp0\nVping\np1\na.", "I01\n.", "L-12345678901234567890L\n.", "F1.5\n.", "(dp0\nS'a'\nI1\ns."].map(
      (text) => Buffer.from(text, "latin1"),
    ),
    Buffer.from("\x80\x02U\x04ping\x85.", "latin1"),
    Buffer.from("c__builtin__\nset\n((lI1\natR.", "latin1"),
  ],
  words: [
    ...WORDS,
    "\x80\x05",
    "\x8c\x04ping",
    "\x94",
    "h\0",
    "(",
    "]",
    "}",
    "\x86",
    "\x85",
    "q\0",
    "2",
    "0",
    "R",
    "b",
  ],
  check: (input) => {
    const value = tolerate(
      () => [decodePickle(input)],
      (error) => error instanceof PickleError,
    );
    if (value) {
      const [first = null] = value;
      demandSame(decodePickle(encodePickle(first)), first, "a value written and read again");
      parse(first);
    }
    checkFrames(input);
  },
};

/** A line of JSON: a request or a refusal, and an answer in any case. */
export const json: FuzzTarget = {
  name: "json",
  seeds: () => [
    ...COMMANDS.map((command) => Buffer.from(JSON.stringify({ command, id: 1 }))),
    ...COMMANDS.map((command) => Buffer.from(JSON.stringify(command))),
    Buffer.from('{"subscribe": ["ban", "all"], "id": null}'),
  ],
  words: [
    ...WORDS,
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    '"command":',
    '"subscribe":',
    '"__proto__":',
    "null",
    "1e400",
    "\\u0000",
  ],
  check: (input) => {
    const line = input.toString("utf8");
    const request = tolerate(
      () => parseJsonRequest(line),
      (error) => {
        formatJsonReply(makeErrorReply(error));
        return error instanceof RemoteError;
      },
    );
    if (request?.type === "command") {
      const again = fromJson(JSON.parse(JSON.stringify(toJson(request.command))));
      demandSame(again, request.command, "a command written and read again");
      parse(request.command);
    }
    const splitter = new LineSplitter();
    const whole = input.toString("latin1").split("\n").slice(0, -1);
    const found = cut(input).flatMap((part) => splitter.push(part));
    const other = whole.findIndex((text, i) => Buffer.from(text, "latin1").toString("utf8") !== found[i]);
    demand(other === -1 && found.length === whole.length, `line ${other} of ${whole.length} is another one`);
  },
};

/** Every command is understood or refused in words, and whatever comes back can be shown. */
function parse(command: CommandValue): void {
  if (!Array.isArray(command)) {
    return;
  }
  tolerate(
    () => parseCommand(command as readonly CommandValue[]),
    (error) => error instanceof RemoteError,
  );
  formatReply(command as readonly CommandValue[], { ok: true, value: command });
}

/** Messages come out the same however the stream is cut. */
function checkFrames(input: Buffer): void {
  const stream = Buffer.concat([input, END, input]);
  const one = new MessageSplitter();
  const other = new MessageSplitter();
  const whole = tolerate(
    () => one.push(stream).map((message) => message.toString("latin1")),
    (error) => error instanceof WarderError,
  );
  demandSame(
    cut(stream)
      .flatMap((part) => other.push(part))
      .map((message) => message.toString("latin1")),
    whole,
    "frames",
  );
}

function cut(bytes: Buffer): Buffer[] {
  const size = 1 + (bytes.length % 13) + Math.floor(bytes.length / 500);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}
