import { useState } from "react";
import { asProblem } from "@/api/problem";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { submits } from "@/lib/form";
import { asRows, asTags, TagEditor } from "@/pages/project/tag-editor";
import { useInstance, useInstanceRefusal } from "./context";
import { useUpdate } from "./use-update";

export function TagsCard() {
  const { instance } = useInstance();
  const [rows, setRows] = useState(() => asRows(instance.tags));
  const refused = useInstanceRefusal("writeInstance");
  const saving = useUpdate("Tags saved.");
  const problem = saving.isError ? asProblem(saving.error) : null;
  const unchanged = JSON.stringify(asTags(rows)) === JSON.stringify(instance.tags);
  return (
    <Card>
      <CardHeader>
        <CardTitle>Tags</CardTitle>
      </CardHeader>
      <form onSubmit={submits(() => saving.mutate({ tags: asTags(rows) }))}>
        <CardContent className="grid gap-3">
          <TagEditor rows={rows} onChange={setRows} error={problem?.field("tags")} disabled={refused !== null} />
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        </CardContent>
        <CardFooter className="justify-end">
          <Allowed reason={refused} align="end">
            <Button type="submit" size="sm" busy={saving.isPending} disabled={unchanged}>
              Save
            </Button>
          </Allowed>
        </CardFooter>
      </form>
    </Card>
  );
}
