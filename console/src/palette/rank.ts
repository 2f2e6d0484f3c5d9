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

const beginsWord = (text: string, at: number): boolean => at === 0 || (at > 0 && /[^a-z0-9]/.test(text[at - 1] ?? ""));

/** Zero if a word is nowhere. More for the beginning of the label than for that of a later word, and for this than for a middle;
    least for a word of the hint. */
function score(command: { label: string; hint?: string | undefined }, words: readonly string[]): number {
  const label = command.label.toLowerCase();
  const hint = command.hint?.toLowerCase() ?? "";
  let sum = 0;
  for (const word of words) {
    const at = label.indexOf(word);
    const one = at === 0 ? 6 : beginsWord(label, at) ? 4 : at > 0 ? 2 : beginsWord(hint, hint.indexOf(word)) ? 1 : 0;
    if (one === 0) return 0;
    sum += one;
  }
  return sum;
}
