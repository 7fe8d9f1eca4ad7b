import type { ModuleWriter, Workspace } from "../wasm";
import { defineWord, type MatchGlobals } from "./byte-function";
import { ByteTests } from "./byte-test";

/** What all patterns of a module share. */
export class ByteModule {
  readonly module: ModuleWriter;
  readonly workspace: Workspace;
  readonly globals: MatchGlobals;
  readonly tests: ByteTests;
  readonly #groups: number[] = [];
  #word: number | undefined;

  constructor(module: ModuleWriter, workspace: Workspace) {
    this.module = module;
    this.workspace = workspace;
    this.tests = new ByteTests(workspace);
    const global = (): number => module.global();
    this.globals = { start: global(), end: global(), lineEnd: global(), fuel: global(), result: global() };
  }

  /** The variables with the begin and the end of a group; patterns use them one after the other. */
  group(index: number): readonly [from: number, to: number] {
    while (this.#groups.length < 2 * index + 2) {
      this.#groups.push(this.module.global());
    }
    return [this.#groups[2 * index] ?? 0, this.#groups[2 * index + 1] ?? 0];
  }

  readonly word = (): number => {
    this.#word ??= defineWord(this.module, this.globals, (table) => this.workspace.table(table));
    return this.#word;
  };
}
