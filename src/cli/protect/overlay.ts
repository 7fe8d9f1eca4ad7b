import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files laid over a tree: path below it → content. */
export type OverlayFiles = Readonly<Record<string, string>>;

/**
 * Makes a folder that looks like a configuration tree with some files added; the tree itself is only linked to, never
 * written. Folders are made anew, so that files can be added in them.
 */
export function makeOverlay(tree: string, target: string, files: OverlayFiles): void {
  linkFolder(tree, target);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(target, name, ".."), { recursive: true });
    writeFileSync(join(target, name), content);
  }
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    if (entry.isDirectory()) {
      linkFolder(source, join(to, entry.name));
    } else {
      symlinkSync(source, join(to, entry.name));
    }
  }
}
