/** Suggestions and rules for names: a DNS label, as the server wants it. */

const WORDS = ["amber", "basalt", "birch", "cedar", "cobalt", "coral", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "larch", "lupine", "maple", "meadow", "onyx", "opal", "osprey", "quartz", "river", "saffron", "slate", "sparrow", "tundra", "willow"];

const NAME_MAX = 63;
export const NAME_RULE = `Up to ${NAME_MAX} lower-case letters, digits and hyphens; begins with a letter.`;

/** A name that is not taken, easy to say and to type. */
export function suggestName(taken: ReadonlySet<string>, random: () => number = Math.random): string {
  const pick = () => WORDS[Math.floor(random() * WORDS.length)] ?? "river";
  for (let tries = 0; tries < 20; tries += 1) {
    const name = `${pick()}-db`;
    if (!taken.has(name)) return name;
  }
  return `${pick()}-${pick()}-${Math.floor(random() * 900 + 100)}`;
}

/** What was typed, as the nearest allowed name. */
export const asName = (text: string): string =>
  text
    .trim()
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[\s_.]+/g, "-")
    .replaceAll(/[^a-z0-9-]/g, "")
    .replace(/^[^a-z]+/, "")
    .slice(0, NAME_MAX)
    .replace(/-+$/, "");
