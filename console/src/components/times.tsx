/** Behind something that happened several times in a row. */
export function Times({ times }: { times: number }) {
  if (times < 2) return null;
  return <span className="ml-2 rounded-full bg-muted px-1.5 py-0.5 text-xs whitespace-nowrap text-muted-foreground tabular-nums">{times} times</span>;
}
