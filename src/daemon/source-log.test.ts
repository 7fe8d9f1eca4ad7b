import { expect, it } from "vitest";
import { WarderError } from "../model";
import { describeSourceEvent } from "./source-log";

const PATH = "/var/log/x.log";

it("says whether a source can be read", () => {
  const slow = new WarderError(
    "log-not-watched",
    `Cannot watch "${PATH}", looking every 2 seconds instead: full`,
  );
  const closed = new WarderError("log-denied", `Cannot open log "${PATH}": permission denied`);
  const broken = new WarderError("lines-failed", `Processing lines of "${PATH}" failed: x`);
  const say = (type: "hindered" | "error", error: WarderError) => {
    const { level, message } = describeSourceEvent({ type, path: PATH, error });
    return `${level} ${message}`;
  };
  expect(say("hindered", slow)).toBe(`WARNING ${slow.message}`);
  expect(say("hindered", broken)).toBe(`ERROR ${broken.message}`);
  expect(say("error", closed)).toBe(`ERROR Unable to open ${PATH}: ${closed.message}`);
});
