import type { BanFacts, NoticeBatch } from "./notice";

/** Facts of a ban of 192.0.2.1. */
export function makeFacts(changes: Partial<BanFacts> = {}): BanFacts {
  const ip = changes.ip ?? "192.0.2.1";
  return {
    ip,
    fid: ip,
    family: "inet4",
    time: 1795221613,
    bantime: 600,
    bancount: 1,
    failures: 5,
    restored: false,
    matches: ["first line", "second line"],
    tags: {},
    ...changes,
  };
}

/** A batch with one ban. */
export function makeBatch(changes: Partial<BanFacts> & { readonly jail?: string } = {}): NoticeBatch {
  const { jail = "sshd", ...facts } = changes;
  return {
    notices: [{ event: "ban", jail, at: 1795221613, facts: makeFacts(facts) }],
    omitted: 0,
    isReduced: false,
    id: "7-1795221613000",
  };
}
