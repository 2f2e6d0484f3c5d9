/** Which commands fit what was typed, the best first. */
export function ranked<T extends { label: string; hint?: string | undefined }>(commands: readonly T[], text: string): T[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...commands];
  return commands
    .map((command) => ({ command, points: score(command, words) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ command }) => command);
}

/** Zero if a word is nowhere; more for beginnings of words than for middles, more for labels than for hints. */
function score(command: { label: string; hint?: string | undefined }, words: readonly string[]): number {
  const label = command.label.toLowerCase();
  const hint = command.hint?.toLowerCase() ?? "";
  let sum = 0;
  for (const word of words) {
    const at = label.indexOf(word);
    const begins = at === 0 || (at > 0 && /[^a-z0-9]/.test(label[at - 1] ?? ""));
    const one = begins ? 4 : at >= 0 ? 2 : hint.includes(word) ? 1 : 0;
    if (one === 0) return 0;
    sum += one;
  }
  return sum;
}
