/** The known name that a mistyped one most likely means; `undefined` when none is close. */
export function findNearestName(name: string, known: Iterable<string>): string | undefined {
  const allowed = name.length < 4 ? 0 : name.length < 8 ? 1 : 2;
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance =
      Math.abs(candidate.length - name.length) > allowed ? allowed + 1 : distanceOf(name, candidate);
    if (distance > 0 && distance <= allowed && distance < (best?.distance ?? allowed + 1)) {
      best = { name: candidate, distance };
    }
  }
  return best?.name;
}

/** Letters to add, remove, change or swap with their neighbour. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1);
      const swapped =
        i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1);
      const edit = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      row.push(swapped ? Math.min(edit, (before[j - 2] ?? 0) + 1) : edit);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
