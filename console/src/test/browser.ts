/** What jsdom lacks and the console uses. */

Object.assign(globalThis, {
  matchMedia: (media: string) => ({ media, matches: false, addEventListener: () => {}, removeEventListener: () => {} }),
  scrollTo: () => {},
  EventSource: class extends EventTarget {
    close(): void {}
  },
});
Object.assign(Element.prototype, { scrollIntoView: () => {} });
Object.assign(navigator, { locks: { request: () => new Promise(() => {}) } });
