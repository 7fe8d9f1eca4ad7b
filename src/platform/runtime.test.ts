import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";

/** Runs in a thread of its own, so that the flags of this one stay; gives megabytes of its heap for what is new. */
const SCRIPT = `
  import { parentPort } from "node:worker_threads";
  import { getHeapSpaceStatistics } from "node:v8";
  import { expectWork, prepareRuntime, reportWork } from "./runtime";
  const size = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20;
  const churn = () => {
    let kept = [];
    for (let i = 0; i < 3e6; i++) {
      kept.push({ i });
      kept = kept.length > 20_000 ? [] : kept;
    }
    return size();
  };
  prepareRuntime();
  const calm = churn();
  expectWork(100_000);
  reportWork(1);
  reportWork(1998);
  const nearly = churn();
  reportWork(1);
  parentPort.postMessage([calm, nearly, churn()]);
`;

test("the heap for what is new stays small until there is work, also when much is kept at once", async () => {
  const { outputFiles } = buildSync({
    stdin: { contents: SCRIPT, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "node",
    write: false,
  });
  const worker = new Worker(outputFiles[0]?.text ?? "", { eval: true });
  const sizes = await new Promise<readonly number[]>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  const [calm = 0, nearly, busy] = sizes;
  expect(calm).toBeGreaterThan(0);
  expect(nearly).toBe(calm);
  expect(busy).toBeGreaterThan(calm);
});
