import type { FuzzTarget } from "../target";
import { actions } from "./actions";
import { firewall, monitor } from "./answers";
import { config } from "./config";
import { json, pickle } from "./control";
import { database } from "./database";
import { date } from "./date";
import { lines } from "./lines";
import { notices } from "./notices";
import { reader } from "./reader";
import { regex } from "./regex";
import { container, journal, syslog } from "./streams";
import { values } from "./values";

/** Everything that reads text which others write. */
export const TARGETS: readonly FuzzTarget[] = [
  regex,
  date,
  lines,
  reader,
  container,
  syslog,
  journal,
  pickle,
  json,
  database,
  firewall,
  monitor,
  actions,
  notices,
  config,
  values,
];
