import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";

export interface TagRow {
  id: number;
  key: string;
  value: string;
}

/** Rows as the API's map; rows without a key count for nothing. */
export const asTags = (rows: readonly TagRow[]): Record<string, string> =>
  Object.fromEntries(rows.filter((row) => row.key.trim()).map((row) => [row.key.trim(), row.value.trim()]));

export const asRows = (tags: Record<string, string>): TagRow[] => Object.entries(tags).map(([key, value], id) => ({ id, key, value }));

interface TagEditorProps {
  rows: readonly TagRow[];
  onChange: (rows: TagRow[]) => void;
  error?: string | undefined;
  disabled?: boolean;
  /** The legend is said and not shown: where a heading right above shows the same word. */
  quiet?: boolean;
  /** Beside the button that adds a tag. */
  children?: ReactNode;
}

export function TagEditor({ rows, onChange, error, disabled = false, quiet = false, children }: TagEditorProps) {
  const set = (id: number, change: Partial<TagRow>) => onChange(rows.map((row) => (row.id === id ? { ...row, ...change } : row)));
  const add = () => onChange([...rows, { id: Math.max(-1, ...rows.map((row) => row.id)) + 1, key: "", value: "" }]);
  return (
    <fieldset className="grid justify-items-start gap-2">
      <legend className={quiet ? "sr-only" : "mb-1.5 text-[0.8125rem] font-medium"}>
        Tags <span className="font-normal text-muted-foreground">(optional)</span>
      </legend>
      {rows.map((row) => (
        <div key={row.id} className="flex w-full max-w-md items-center gap-2">
          <Input aria-label="Tag" placeholder="env" value={row.key} disabled={disabled} onChange={(event) => set(row.id, { key: event.target.value })} className="font-mono" />
          <span aria-hidden className="text-muted-foreground">
            =
          </span>
          <Input aria-label={`Value of ${row.key || "the tag"}`} placeholder="production" value={row.value} disabled={disabled} onChange={(event) => set(row.id, { value: event.target.value })} className="font-mono" />
          <Button variant="ghost" size="icon" aria-label={`Remove ${row.key || "the tag"}`} disabled={disabled} onClick={() => onChange(rows.filter((other) => other.id !== row.id))}>
            <X />
          </Button>
        </div>
      ))}
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-bad">
          {error}
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button variant="outline" disabled={disabled} onClick={add}>
          <Plus />
          Add tag
        </Button>
        {children}
      </div>
    </fieldset>
  );
}
