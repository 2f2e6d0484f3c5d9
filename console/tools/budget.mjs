// What a browser loads before a page works, gzipped, against its budget. Fails the build when a page is over it.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMITS = { landing: 90_000, page: 160_000, css: 15_000 };
const SHELL = "src/shell/shell.tsx";
const PUBLIC = /^src\/pages\/auth\//;

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));
const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(`site/${file}`, dist)), { level: 9 }).length);
  return sizes.get(file);
};

/** Chunks that a browser loads for `keys`: they and everything that they import statically. */
function closure(keys) {
  const found = new Set();
  const visit = (key) => {
    if (found.has(key)) return;
    found.add(key);
    for (const next of manifest[key].imports ?? []) visit(next);
  };
  keys.forEach(visit);
  return [...found].map((key) => manifest[key]);
}

function measure(name, keys, limit) {
  const chunks = closure(keys);
  const js = chunks.filter(({ file }) => file.endsWith(".js")).reduce((sum, { file }) => sum + size(file), 0);
  const css = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))].reduce((sum, file) => sum + size(file), 0);
  return { name, js, css, over: js > limit || css > LIMITS.css };
}

const pages = Object.keys(manifest).filter((key) => key.startsWith("src/pages/") && manifest[key].isDynamicEntry);
const all = [
  measure("landing", ["landing.html"], LIMITS.landing),
  ...pages.map((page) => measure(page.replace(/^src\/pages\/|\.tsx$/g, ""), PUBLIC.test(page) ? ["index.html", page] : ["index.html", SHELL, page], LIMITS.page)),
];
const kB = (bytes) => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;
for (const { name, js, css, over } of all.toSorted((a, b) => b.js - a.js)) {
  console.log(`${kB(js)} JS ${kB(css)} CSS  ${name}${over ? "  OVER BUDGET" : ""}`);
}
if (all.some(({ over }) => over)) {
  console.error(`error: over the budget of ${LIMITS.page / 1000} kB JS (landing ${LIMITS.landing / 1000} kB) or ${LIMITS.css / 1000} kB CSS, gzipped`);
  process.exit(1);
}
