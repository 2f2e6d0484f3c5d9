/** An element with classes and a text, the way that needs no markup in strings. */
export function element(tag: string, classes: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}
