import { defineConfig } from "vitest/config";

/** unit: beside the sources, quick. conformance: against the real fail2ban. e2e: real daemons, namespaces, services. */
export default defineConfig({
  test: {
    pool: "threads",
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "fuzz/**/*.test.ts"], testTimeout: 20_000 } },
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
