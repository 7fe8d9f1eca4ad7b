import type { Action } from "./action";

/** Those that are concurrent, and the others. */
export function split(actions: readonly Action[]): readonly [readonly Action[], readonly Action[]] {
  return splitBy(actions, (action) => action.concurrent === true);
}

/** Those for which something holds, and the others. */
export function splitBy(
  actions: readonly Action[],
  isFirst: (action: Action) => boolean,
): readonly [readonly Action[], readonly Action[]] {
  return [actions.filter(isFirst), actions.filter((action) => !isFirst(action))];
}
