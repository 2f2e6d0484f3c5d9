const BROWSERS = [
  ["Edg/", "Edge"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
] as const;

/** A user agent in two words; other programs by their own name, such as `dbx 0.1.0`. */
export function deviceOf(userAgent: string | null): string {
  if (!userAgent) return "Unknown program";
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1];
  if (!browser) return userAgent.split(" ")[0]?.replace("/", " ") ?? userAgent;
  const system = SYSTEMS.find(([mark]) => userAgent.includes(mark))?.[1];
  return system ? `${browser} on ${system}` : browser;
}
