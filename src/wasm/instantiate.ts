import { engine } from "./engine";
import type { ModuleWriter } from "./module-writer";
import { theWorkspace } from "./workspace";

/** A function of a module; it takes as many numbers as were said when it was written. */
export type Compiled = (...values: readonly number[]) => number;

/** The exports of a module that works in this thread's workspace; undefined where there is no WebAssembly. */
export function instantiate(
  module: ModuleWriter,
  functions: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, Compiled>> | undefined {
  const { memory } = theWorkspace();
  if (!engine || !memory) {
    return undefined;
  }
  const compiled = new engine.Module(module.finish());
  return new engine.Instance(compiled, { e: { memory, ...functions } }).exports as Readonly<
    Record<string, Compiled>
  >;
}
