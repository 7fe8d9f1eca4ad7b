/**
 * Every action of Debian's package and of our own tree and texts that want to be commands, through the real shell: beside
 * a twin with a harmless word in the same places, the tools are called as often, with as many words, and only the words
 * that had the harmless one have another text. Each action gets a third of the texts, its neighbours in the list the
 * others; in a thorough run every action gets every text, which takes ten thousand shells with all they start.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseOffender, type ActionSpec, type Ban } from "../../src/model";
import { HOSTILE_TEXTS } from "../../src/action/hostile-texts.testing";
import { shareOf } from "../thorough.testing";
import type { Step } from "./action-oracle.testing";
import {
  compileHere,
  LEFT_BEHIND,
  lineOf,
  listActions,
  runHere,
  StubFolder,
  TREE,
} from "./tree-actions.testing";
import type { ToolCall } from "./tree-actions.testing";

const STOCK = "/etc/fail2ban";
const HARMLESS = "harmless";

const NAMES = { full: "host.example", short: "host" };
const ADDRESS = "198.51.100.9";

/** A ban with the text in every place where text of others can be: lines, groups, and the id itself when it is not given. */
function banOf(text: string, id = text): Ban {
  const matches = [["host sshd[7]: ", "Nov 21 00:40:13", ` ${text} from ${ADDRESS}`] as const, text, text];
  const groups = new Map([
    ["user", text],
    ["fid", text],
  ]);
  const data = { matches, failures: 3, groups };
  const base = { jail: "demo", time: 1795221613.5, bantime: 600, bancount: 1, restored: false, data };
  return { ...base, offender: parseOffender(id) };
}

/** What has to be started is, with the ban. */
const lifeOf = (ban: Ban): readonly Step[] => [
  { operation: "ban", ban },
  { operation: "unban", ban },
];

const stubs = new StubFolder();
stubs.add("canary", "#!/bin/sh\n: >canary\n");
afterAll(() => stubs.close());

/** With logs whose names are commands and whose lines have the text. A NUL would only make grep keep them back. */
function writeLogs(folder: string, text: string): void {
  mkdirSync(join(folder, "logs"));
  const line = `${text.slice(0, 100_000).replaceAll("\0", "")} from ${ADDRESS}\n`;
  for (const file of ["-e", "$(canary)", "'; canary; '", '"; canary; "', "x\ncanary\n", "a b", "`canary`"]) {
    writeFileSync(join(folder, "logs", `${file}.log`), line);
  }
}

interface Life {
  readonly calls: readonly (readonly ToolCall[])[];
  readonly outcomes: readonly string[];
}

async function live(spec: ActionSpec, text: string, id?: string): Promise<Life> {
  const isAddress = id !== undefined;
  const folder = stubs.open(`${spec.name}-${isAddress ? "address" : "id"}`, "");
  if (isAddress) {
    writeLogs(folder, text);
  }
  const place = { folder, path: stubs.path, names: NAMES, hostName: text };
  const { calls, outcomes } = await runHere(spec, lifeOf(banOf(text, id)), place);
  expect(existsSync(join(folder, "canary"))).toBe(false);
  expect(readdirSync(folder).filter((file) => file !== "logs" && !LEFT_BEHIND.test(file))).toEqual([]);
  return { calls, outcomes };
}

/** What makes the calls different from those about the harmless twin, other than the text in its own places. */
function compare(found: Life, twin: Life): readonly string[] {
  const [calls, others] = [found.calls.flat(), twin.calls.flat()];
  const [shape, expected] = [calls, others].map((list) =>
    list.map(({ tool, args }) => `${tool}/${args.length}`).join(" "),
  );
  if (shape !== expected || found.outcomes.join() !== twin.outcomes.join()) {
    return [`${shape} (${found.outcomes.join()}) instead of ${expected} (${twin.outcomes.join()})`];
  }
  return calls.flatMap((call, i) => compareWords(call, others[i]!));
}

/**
 * The same where the id itself is the text. Our own files take it in one piece or refuse it. Those of Debian's package
 * write `<ip>` without quotes, and fail2ban has the shell fill it in there: it may fall into several words, of no other
 * tools.
 */
function compareIds(
  found: Life,
  twin: Life,
  { isOurs, tools }: { isOurs: boolean; tools: RegExp },
): readonly string[] {
  const calls = found.calls.flat();
  if (isOurs) {
    const isRefused = calls.length === 0 && found.outcomes[0] === "failed";
    return isRefused ? [] : compare(found, twin);
  }
  return calls.flatMap(({ tool }) => (tools.test(tool) ? [] : [`calls ${tool}`]));
}

function compareWords(call: ToolCall, other: ToolCall): readonly string[] {
  const words = [...call.args, call.input];
  return [...other.args, other.input].flatMap((expected, i) => {
    const word = words[i] ?? "";
    const at = expected.indexOf(HARMLESS);
    if (at === -1) {
      return word === expected
        ? []
        : [`${call.tool} ${JSON.stringify([word.slice(0, 200), expected.slice(0, 200)])}`];
    }
    const end = expected.slice(expected.lastIndexOf(HARMLESS) + HARMLESS.length);
    const isAlike = word.startsWith(expected.slice(0, at)) && word.endsWith(end);
    return isAlike ? [] : [`${call.tool} ${JSON.stringify([word.slice(0, 300), expected.slice(0, 300)])}`];
  });
}

/** Looks through all logs of the folder, where it looks through any. */
const hostileLineOf = (name: string): string =>
  lineOf(name).replace("logpath=attack.log", 'logpath="logs/*.log"');

describe.each([
  ["Debian's package", STOCK],
  ["our tree", TREE],
])("the actions of %s", (_, tree) => {
  const names = existsSync(tree) ? listActions(tree) : [];
  const specs = names.length === 0 ? [] : compileHere(names.map(hostileLineOf), tree).map(relocate);

  it.concurrent.each(specs.map((spec, i) => [spec.name, spec, i] as const))("%s", async (__, spec, index) => {
    const problems: string[] = [];
    const twin = await live(spec, HARMLESS, ADDRESS);
    const twinOfId = await live(spec, HARMLESS);
    // What gathers lines calls its tool when there are enough of them.
    const known = [...twin.calls, ...twinOfId.calls].flat().map(({ tool }) => tool);
    const tools = new RegExp(`^(?:${[...known, spec.name.replace("-buffered", "")].join("|")})$`);
    expect(twin.outcomes).toEqual(["applied", expect.stringMatching(/applied|skipped/)]);
    for (const [title, text] of shareOf(HOSTILE_TEXTS, 3, index)) {
      const inTexts = compare(await live(spec, text, ADDRESS), twin);
      const asId = compareIds(await live(spec, text), twinOfId, { isOurs: tree === TREE, tools });
      problems.push(...[...inTexts, ...asId].map((problem) => `${title}: ${problem}`));
    }
    expect(problems).toEqual([]);
  });

  it("are all there", () => {
    expect(specs.length).toBe(names.length);
  });
});

/** Absolute paths of tools and files in Debian's actions, which are here among the stubs and in the folder. */
const ELSEWHERE =
  /\/usr\/libexec\/(?=afctl)|\/sbin\/(?=ipf|npfctl)|\/usr\/sbin\/(?=sendmail)|\/proc\/net\/xt_recent\//g;

function relocate({ name, properties }: ActionSpec): ActionSpec {
  const near = [...properties].map(
    ([key, value]) => [key, typeof value === "string" ? value.replace(ELSEWHERE, "") : value] as const,
  );
  return { name, properties: new Map(near) };
}
