import type { NewInstance } from "@/api/instances";

/** For a shell: in single quotes unless it is plain. */
const quoted = (text: string) => (/^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The same order with the command line. */
export function asDbx(project: string, order: NewInstance): string {
  const tags = Object.entries(order.tags ?? {}).map(([key, value]) => ` --tag ${quoted(`${key}=${value}`)}`);
  return (
    `dbx instance create --project ${quoted(project)} --name ${quoted(order.name)} \\\n` +
    `  --plan ${order.plan} --pg ${order.pgVersion} --disk ${order.diskGiB}${tags.join("")} --wait`
  );
}

/** The same order with nothing but HTTP. */
export function asCurl(origin: string, projectId: string, order: NewInstance): string {
  return [
    `curl ${origin}/v1/projects/${projectId}/instances`,
    `  -H "Authorization: Bearer $DBX_API_KEY"`,
    `  -H "Content-Type: application/json"`,
    `  -d ${quoted(JSON.stringify(order))}`,
  ].join(" \\\n");
}
