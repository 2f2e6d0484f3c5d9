import type { Page } from "@playwright/test";

/** Everything in which a page could leave a secret behind. */
export const traces = (page: Page): Promise<string> =>
  page.evaluate(() => [document.documentElement.outerHTML, location.href, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie].join("\n"));
