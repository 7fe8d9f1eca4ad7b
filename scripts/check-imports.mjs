#!/usr/bin/env node
/**
 * Checks that every import in src/ keeps to the table below, that rooms are entered by their index only,
 * and that pure rooms import nothing from node. Prints the graph; with --write puts it into ARCHITECTURE.md,
 * without it fails when the copy there is not the same.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOMS = {
  model: [],
  wasm: [],
  platform: ["model"],
  regex: ["model", "wasm"],
  date: ["model", "wasm", "regex"],
  filter: ["model", "wasm", "regex", "date"],
  source: ["model", "platform"],
  jail: ["model"],
  action: ["model", "platform"],
  store: ["model", "platform"],
  config: ["model", "platform"],
  control: ["model", "platform"],
  daemon: [
    "model",
    "platform",
    "regex",
    "date",
    "filter",
    "source",
    "jail",
    "action",
    "store",
    "config",
    "control",
  ],
  cli: [
    "model",
    "platform",
    "regex",
    "date",
    "filter",
    "source",
    "jail",
    "action",
    "store",
    "config",
    "control",
    "daemon",
  ],
};
const PURE = ["model", "wasm", "regex", "date", "filter", "jail"];
const IMPORT = /^\s*(?:import|export)\b[^"';]*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;
const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
const src = join(root, "src");

const problems = [];
const graph = new Map(Object.keys(ROOMS).map((room) => [room, new Set()]));

for (const file of listFiles(src)) {
  checkFile(file);
}
const drawing = drawGraph();
console.log(drawing);
checkDocument();
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function checkFile(file) {
  const room = relative(src, file).split("/")[0];
  const isTest = file.endsWith(".test.ts") || file.endsWith(".testing.ts");
  if (!(room in ROOMS)) {
    problems.push(
      `${relative(root, file)}: folder "${room}" is not a room; add it to scripts/check-imports.mjs`,
    );
    return;
  }
  for (const match of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const problem = judge({ file, room, isTest, target: match[1] ?? match[2] });
    if (problem) {
      problems.push(`${relative(root, file)}: ${problem}`);
    }
  }
}

function judge({ file, room, isTest, target }) {
  if (!target.startsWith(".")) {
    return PURE.includes(room) && !isTest ? `"${room}" is pure and must not import "${target}"` : undefined;
  }
  const [other, ...rest] = relative(src, resolve(dirname(file), target)).split("/");
  if (other === room) {
    return undefined;
  }
  if (!isTest) {
    graph.get(room).add(other);
  }
  if (!isTest && !ROOMS[room].includes(other)) {
    return `"${room}" must not import "${other}"`;
  }
  const entersByIndex = rest.length === 0 || (rest.length === 1 && /^index(\.ts)?$/.test(rest[0]));
  const isFake = isTest && target.endsWith(".testing");
  return entersByIndex || isFake ? undefined : `enter "${other}" by its index, not "${target}"`;
}

function drawGraph() {
  const width = Math.max(...Object.keys(ROOMS).map((room) => room.length));
  return [...graph]
    .map(([room, others]) => {
      const list = Object.keys(ROOMS).filter((name) => others.has(name));
      return `${room.padEnd(width)} -> ${list.length > 0 ? list.join(" ") : "(nothing)"}`;
    })
    .join("\n");
}

function checkDocument() {
  const path = join(root, "ARCHITECTURE.md");
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    problems.push("ARCHITECTURE.md is missing");
    return;
  }
  const fenced = /(<!-- import graph -->\n```\n)([\s\S]*?)(```)/;
  const found = fenced.exec(text);
  if (!found) {
    problems.push("ARCHITECTURE.md has no <!-- import graph --> block");
  } else if (found[2] !== `${drawing}\n` && process.argv.includes("--write")) {
    writeFileSync(
      path,
      text.replace(fenced, (_, head, __, tail) => `${head}${drawing}\n${tail}`),
    );
  } else if (found[2] !== `${drawing}\n`) {
    problems.push("ARCHITECTURE.md shows another import graph; run: node scripts/check-imports.mjs --write");
  }
}
