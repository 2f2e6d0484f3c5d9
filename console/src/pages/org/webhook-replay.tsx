import { History } from "lucide-react";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";
import { zone } from "@/lib/time";

interface ReplaySinceProps {
  busy: boolean;
  error: unknown;
  onReplay: (from: string) => void;
}

/** For more than the list shows: everything since a time. */
export function ReplaySince({ busy, error, onReplay }: ReplaySinceProps) {
  const problem = error === null ? null : asProblem(error);
  return (
    <form
      className="grid gap-3 border-t pt-4"
      onSubmit={submits((text) => {
        // The field has local time; the API takes a moment.
        onReplay(new Date(text("from")).toISOString());
      })}
    >
      <Field label={`Send again everything since (${zone()})`} hint="Messages keep their ids, so a program that knows one can leave it out." error={problem?.field("from")}>
        {(control) => (
          <span className="flex flex-wrap gap-2">
            <Input {...control} name="from" type="datetime-local" required className="w-56" />
            <Button type="submit" variant="outline" busy={busy}>
              <History />
              Send again
            </Button>
          </span>
        )}
      </Field>
      {problem && !problem.field("from") ? <ErrorPanel error={problem} /> : null}
    </form>
  );
}
