import type { ActionSpec } from "../../model";
import type { Action } from "../action";
import type { ActionContext } from "../action-context";
import { isModuleFile, ModuleAction } from "./module-action";
import { NoticeAction, noticeKindOf } from "./notice-action";

/** The action of a spec that runs in a thread: notices and modules. `undefined` when it is no such spec. */
export function createThreadedAction(spec: ActionSpec, context: ActionContext): Action | undefined {
  const { threads } = context;
  if (!threads) {
    return undefined;
  }
  if (noticeKindOf(spec) !== undefined) {
    return new NoticeAction(spec, context, threads.notices);
  }
  return spec.script && isModuleFile(spec.script.file)
    ? new ModuleAction(spec, context, threads.makeModuleHost())
    : undefined;
}
