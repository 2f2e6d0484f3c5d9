/** Several in a row that say the same, shown once. */
export interface Folded<T> {
  /** The first of them in the list's order. */
  item: T;
  times: number;
}

/** Neighbours of a list of which `said` says the same become one. */
export function folded<T>(list: readonly T[], said: (item: T) => string): Folded<T>[] {
  const all: Folded<T>[] = [];
  for (const item of list) {
    const last = all.at(-1);
    if (last && said(last.item) === said(item)) last.times += 1;
    else all.push({ item, times: 1 });
  }
  return all;
}
