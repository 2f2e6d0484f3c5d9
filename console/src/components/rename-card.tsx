import { useState } from "react";
import type { Problem } from "@/api/problem";
import { submits } from "@/lib/form";
import { Allowed } from "./allowed";
import { ErrorPanel } from "./error-panel";
import { Button } from "./ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "./ui/card";
import { Field } from "./ui/field";
import { Input } from "./ui/input";

interface RenameCardProps {
  title: string;
  name: string;
  hint: string;
  refused: string | null;
  busy: boolean;
  problem: Problem | null;
  onRename: (name: string) => void;
  field?: string;
}

export function RenameCard({ title, name, hint, refused, busy, problem, onRename, field = "name" }: RenameCardProps) {
  const [typed, setTyped] = useState(name);
  return (
    <Card>
      <CardHeader>
        <CardTitle>{title}</CardTitle>
      </CardHeader>
      <CardContent className="grid gap-3">
        <form onSubmit={submits(() => onRename(typed))}>
          <Field label={title} quiet hint={hint} error={problem?.field(field)}>
            {(control) => (
              <span className="flex max-w-md gap-2">
                <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} disabled={refused !== null} required maxLength={80} autoComplete="off" />
                <Allowed reason={refused} align="end">
                  <Button type="submit" variant="outline" busy={busy} disabled={typed === name}>
                    Save
                  </Button>
                </Allowed>
              </span>
            )}
          </Field>
        </form>
        {problem && !problem.field(field) ? <ErrorPanel error={problem} /> : null}
      </CardContent>
    </Card>
  );
}
