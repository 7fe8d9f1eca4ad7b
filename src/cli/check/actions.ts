import { findWrongSettings } from "../../action";
import type { Problem } from "../../model";
import { jailProblem, type FoldedJail } from "./jail-fold";

/** Native firewalls that could not be started with their settings, so that no ban of the jail would be in force. */
export function checkActions(jail: FoldedJail): Problem[] {
  return jail.spec.actions.flatMap((action) => {
    const wrong = findWrongSettings(action, jail.spec.name);
    const message = `action "${action.name}" cannot start: ${wrong}`;
    return wrong === undefined ? [] : [jailProblem(jail, "error", message, jail.placeOf("action"))];
  });
}
