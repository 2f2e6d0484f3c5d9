// The lock file must install anywhere: it names no registry, and it holds every optional package that its packages ask
// for. (npm leaves out those that a registry lacks, says nothing, and `npm ci` fails elsewhere.)
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(text);
const problems = [];
for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved) problems.push(`${path} names a registry: ${entry.resolved}`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`]) problems.push(`${path} lacks ${name}`);
  }
}
if (problems.length > 0) {
  console.error(`error: package-lock.json does not install everywhere:\n  ${problems.join("\n  ")}`);
  process.exit(1);
}
