/**
 * Writes WebAssembly: instructions, modules, and the one memory in which the code of a thread finds its lines. Takes
 * numbers, gives bytes and callable code; knows nothing of regular expressions or logs.
 */
export * as code from "./instructions";
export { type Code } from "./instructions";
export { compile, type Compiled, type Instantiate } from "./instantiate";
export { ModuleWriter, FunctionDraft, type ValueType } from "./module-writer";
export { isCompiling, theWorkspace, Workspace } from "./workspace";
