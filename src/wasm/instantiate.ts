import { engine } from "./engine";
import type { ModuleWriter } from "./module-writer";
import { theWorkspace } from "./workspace";

/** A function of a module; it takes as many numbers as were said when it was written. */
export type Compiled = (...values: readonly number[]) => number;

/** Puts a module to work with functions from outside; gives what it exports. */
export type Instantiate = (
  functions?: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, Compiled>>;

/** A module made ready to work in this thread's workspace; undefined where there is no WebAssembly. */
export function compile(module: ModuleWriter): Instantiate | undefined {
  const { memory } = theWorkspace();
  if (!engine || !memory) {
    return undefined;
  }
  const { Instance } = engine;
  const compiled = new engine.Module(module.finish());
  return (functions = {}) =>
    new Instance(compiled, { e: { memory, ...functions } }).exports as Readonly<Record<string, Compiled>>;
}
