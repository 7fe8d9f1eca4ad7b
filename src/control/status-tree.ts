import { formatPythonText, type CommandValue } from "../model";
import { expectShape, itemsOf, type Items } from "./reply-shape";

/** A heading with branches below it, each a line or again a heading with branches. */
interface Branch {
  readonly text: string;
  readonly branches: readonly Branch[];
}

/** `Status` and one branch for each pair of the server's status. */
export function formatServerStatus(value: CommandValue): string {
  const items = itemsOf(value);
  const last = items.at(-1);
  if (!(last instanceof Map)) {
    return ["Status", ...drawBranches(items.map(makeLeaf))].join("\n");
  }
  const jails = [...(last as ReadonlyMap<CommandValue, CommandValue>)].map(([name, status]) => ({
    text: `Jail: ${formatPythonText(name)}`,
    branches: makeJailBranches(status),
  }));
  const branches = [...items.slice(0, -1).map(makeLeaf), { text: "Status for the jails: ", branches: jails }];
  return ["Status", ...drawBranches(branches)].join("\n");
}

/** `Status for the jail: NAME` and the two groups of values below it. */
export function formatJailStatus(jail: CommandValue, value: CommandValue): string {
  const heading = `Status for the jail: ${formatPythonText(jail)}`;
  return [heading, ...drawBranches(makeJailBranches(value))].join("\n");
}

function makeJailBranches(status: CommandValue): readonly Branch[] {
  return itemsOf(status).map((group) => {
    const [title, leaves] = pairOf(group);
    return { text: formatPythonText(title), branches: itemsOf(leaves).map(makeLeaf) };
  });
}

function makeLeaf(pair: CommandValue): Branch {
  const [name, value] = pairOf(pair);
  const text = Array.isArray(value)
    ? (value as Items).map(formatPythonText).join(" ")
    : formatPythonText(value);
  return { text: `${formatPythonText(name)}:\t${text}`, branches: [] };
}

function pairOf(value: CommandValue): readonly [CommandValue, CommandValue] {
  const items = itemsOf(value);
  expectShape(items.length === 2);
  return [items[0] ?? null, items[1] ?? null];
}

function drawBranches(branches: readonly Branch[]): string[] {
  return branches.flatMap((branch, i) => {
    const isLast = i === branches.length - 1;
    const below = drawBranches(branch.branches).map((line) => (isLast ? "   " : "|  ") + line);
    return [`${isLast ? "`-" : "|-"} ${branch.text}`, ...below];
  });
}
