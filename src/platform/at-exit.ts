const calls = new Set<() => void>();

/** Has something done when this process ends by itself; gives what calls it off. It must not wait for anything. */
export function atExit(call: () => void): () => void {
  if (calls.size === 0) {
    process.on("exit", runAll);
  }
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size === 0) {
      process.off("exit", runAll);
    }
  };
}

function runAll(): void {
  calls.forEach((call) => call());
}
