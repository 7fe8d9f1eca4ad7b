import { defineConfig } from "vitest/config";

/**
 * Tests that start real daemons depend on a machine that may be busy: they get a second try, which is shown. What fails
 * twice has failed.
 */
const ONCE_MORE = 1;

/** unit: beside the sources, quick. conformance: against the real fail2ban. e2e: real daemons, namespaces, services. */
export default defineConfig({
  test: {
    pool: "threads",
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 240_000,
          retry: ONCE_MORE,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 240_000,
          retry: ONCE_MORE,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
