// Writes every file of the build in the forms in which it is sent, so that the server spends nothing on it.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const site = join(dist, "site");
// For the budget, not for the browser.
renameSync(join(site, ".vite/manifest.json"), join(dist, "manifest.json"));
rmSync(join(site, ".vite"), { recursive: true });

const TEXT = /\.(html|js|css|svg|json|txt)$/;
const WORTHWHILE = 512;
for (const name of readdirSync(site, { recursive: true })) {
  const path = join(site, name);
  if (!TEXT.test(name) || !statSync(path).isFile()) continue;
  const plain = readFileSync(path);
  if (plain.length < WORTHWHILE) continue;
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
}
