/** How amounts are written. */

const PLAIN = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export const count = (amount: number): string => PLAIN.format(amount);

/** `1 instance`, `2 instances`. */
export const plural = (amount: number, one: string, many = `${one}s`): string =>
  `${count(amount)} ${amount === 1 ? one : many}`;

/** Binary units, as memory and disks are sold here. */
export function bytes(amount: number): string {
  let unit = 0;
  let rest = amount;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${PLAIN.format(rest)} ${UNITS[unit] ?? "B"}`;
}

/** `42 min`, `3.5 h`: what a database used, by the hour. */
export const hours = (amount: number): string => (amount > 0 && amount < 1 / 60 ? "under 1 min" : amount < 1 ? `${PLAIN.format(Math.round(amount * 60))} min` : `${PLAIN.format(amount)} h`);

export const mebibytes = (amount: number): string => bytes(amount * 1024 * 1024);
export const percent = (share: number): string => `${PLAIN.format(share * 100)} %`;
