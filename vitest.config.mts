import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take minutes, the longest first: begun last, one of them would run alone at the end. */
const SLOW = [
  "hostile-actions",
  "regex-tool",
  "daemon-replies",
  "tree-actions",
  "filter-check",
  "database-daemons",
  "jails-daemon",
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = SLOW.indexOf(basename(moduleId, ".test.ts"));
  return rank < 0 ? SLOW.length : rank;
}

/** unit: beside the sources, quick. conformance: against the real fail2ban. e2e: real daemons, namespaces, services. */
export default defineConfig({
  test: {
    pool: "threads",
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "fuzz/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
