import { PyFloat, type CommandValue } from "../model";
import type { SourceState } from "./reader-messages";

/** Who knows how far every source has got. */
export interface SourceKnowledge {
  inspectSources(): Promise<readonly SourceState[]>;
}

/** What `get JAIL sources` answers: a list of dictionaries, one for each source of the jail. Times in seconds. */
export async function describeSources(daemon: SourceKnowledge, jail: string): Promise<CommandValue> {
  const states = await daemon.inspectSources();
  return states.filter((state) => state.jail === jail).map(toDictionary);
}

function toDictionary({ path, state, lines, position, health }: SourceState): CommandValue {
  return new Map<string, CommandValue>([
    ["path", path],
    ["state", health.isSilent ? "silent" : state],
    ["lines", lines],
    ["matched", health.matched],
    ["filter-seconds", new PyFloat(Math.round(health.filterSeconds * 1000) / 1000)],
    ["bytes", health.bytes],
    ["position", Math.trunc(position)],
    ["bytes-behind", health.behind],
    ["seconds-behind", new PyFloat(Math.round(health.delay * 1000) / 1000)],
    ["last-line", health.lastLine === undefined ? null : new PyFloat(health.lastLine)],
    ["dates-sampled", health.sampled],
    ["dates-missing", health.undated],
    ["clock-offset", health.offset ?? null],
  ]);
}
