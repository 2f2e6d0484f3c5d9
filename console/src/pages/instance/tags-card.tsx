import { useState } from "react";
import { asProblem } from "@/api/problem";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
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
      <CardContent>
        <form className="grid gap-3" onSubmit={submits(() => saving.mutate({ tags: asTags(rows) }))}>
          <TagEditor rows={rows} onChange={setRows} error={problem?.field("tags")} disabled={refused !== null} quiet>
            <Allowed reason={refused}>
              <Button type="submit" variant="outline" busy={saving.isPending} disabled={unchanged}>
                Save
              </Button>
            </Allowed>
          </TagEditor>
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        </form>
      </CardContent>
    </Card>
  );
}
