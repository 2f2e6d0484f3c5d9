/** How moments and spans are written. Everything takes the moment as the API writes it, RFC 3339. */

const DATE_TIME = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const ZONE = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** The zone in which moments are written here, such as `UTC` or `GMT+1`. */
export const zone = (): string => ZONE.formatToParts().find(({ type }) => type === "timeZoneName")?.value ?? "";

export const dateTime = (time: string): string => DATE_TIME.format(new Date(time));
export const clock = (time: string): string => CLOCK.format(new Date(time));
export const day = (time: string): string => DAY.format(new Date(time));

/** To the millisecond and in UTC: for tooltips and for comparing with logs. */
export const exact = (time: string): string => `${new Date(time).toISOString().replace("T", " ").replace("Z", "")} UTC`;

/** `3 min. ago`, `in 2 days`; under five seconds it is `now`. */
export function relative(time: string, now: number = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** `0.42 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `4 d`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d`;
}
