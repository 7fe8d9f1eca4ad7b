import { expect, it } from "vitest";
import { Crowding } from "./crowding";

it("warns of forgotten offenders, at most once a minute and with all of them", () => {
  const lines: string[] = [];
  const crowding = new Crowding("web", (level, _, text) => lines.push(`${level} ${text}`));
  crowding.look(0, 5);
  crowding.look(3, 6);
  crowding.look(40, 7);
  crowding.look(40, 65);
  crowding.look(45, 66);
  crowding.look(45, 500);
  expect(lines).toEqual([
    expect.stringMatching(/^WARNING \[web\] 3 offenders lost their count/),
    expect.stringMatching(/^WARNING \[web\] 42 offenders lost their count/),
  ]);
});
