/** Seconds since 1970 as C's asctime shows them in local time: `Fri Jan 02 03:04:05 2026`, the day with two digits. */
export function formatLocalTime(seconds: number): string {
  const text = new Date(Math.floor(seconds) * 1000).toString();
  const [weekday = "", month = "", day = "", year = "", time = ""] = text.split(" ");
  return `${weekday} ${month} ${day} ${time} ${year}`;
}
