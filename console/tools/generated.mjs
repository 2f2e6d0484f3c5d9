// The API's types must be those of the API's document.
import { readFileSync } from "node:fs";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const here = (path) => new URL(path, import.meta.url);
const fresh = COMMENT_HEADER + astToString(await openapiTS(here("../../gateway/openapi.json")));
if (fresh !== readFileSync(here("../src/api/schema.gen.ts"), "utf8")) {
  console.error("error: src/api/schema.gen.ts is stale; run: npm --prefix console run gen");
  process.exit(1);
}
