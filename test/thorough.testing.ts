/** `npm run test:thorough` sets it: every case is tried, however long that takes. */
const IS_THOROUGH = process.env["WARDER_THOROUGH"] === "1";

/** One of `parts` equal parts of a list, others for other turns; all of it when the run is thorough. */
export function shareOf<T>(list: readonly T[], parts: number, turn = 0): readonly T[] {
  return IS_THOROUGH ? list : list.filter((_, i) => (i + turn) % parts === 0);
}
