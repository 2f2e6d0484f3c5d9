import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import { submits } from "@/lib/form";
import { useRefusal } from "@/shell/place";
import { Allowed } from "./allowed";
import { ErrorPanel } from "./error-panel";
import { LIMITS } from "./limits";
import { Button } from "./ui/button";
import { Dialog, DialogFooter } from "./ui/dialog";
import { Field } from "./ui/field";
import { Input } from "./ui/input";
import { toast } from "./ui/toaster";

/** So much of everything that a quota limits. */
type Limits<V> = Record<(typeof LIMITS)[number]["key"], V>;

interface LimitsEditorProps<V extends number | null> {
  title: string;
  description: string;
  /** What is said once it is saved. */
  said: string;
  limits: Limits<V>;
  /** What a field's text stands for. */
  read: (typed: string) => V;
  /** What an empty field says; without it none may be empty. */
  empty?: string;
  save: (wish: Limits<V>) => Promise<unknown>;
}

/** The button that changes the limits of an org or a project, and its dialog. */
export function LimitsEditor<V extends number | null>({ title, description, said, limits, read, empty, save }: LimitsEditorProps<V>) {
  const [open, setOpen] = useState(false);
  const refused = useRefusal("setQuota");
  const saving = useMutation({
    mutationFn: save,
    onSuccess: () => {
      setOpen(false);
      toast(said);
    },
  });
  const close = () => {
    saving.reset();
    setOpen(false);
  };
  const problem = saving.isError ? asProblem(saving.error) : null;
  return (
    <>
      <Allowed reason={refused} align="end">
        <Button variant="outline" size="sm" onClick={() => setOpen(true)}>
          Change
        </Button>
      </Allowed>
      <Dialog open={open} onClose={close} title={title} description={description}>
        <form
          className="grid gap-4"
          onSubmit={submits((text) => saving.mutate({ instances: read(text("instances")), vcpus: read(text("vcpus")), memoryMiB: read(text("memoryMiB")), diskGiB: read(text("diskGiB")) }))}
        >
          <div className="grid grid-cols-2 gap-4">
            {LIMITS.map(({ key, label }) => (
              <Field key={key} label={label} error={problem?.field(key)}>
                {(control) => <Input {...control} name={key} type="number" inputMode="numeric" min={0} required={empty === undefined} placeholder={empty} defaultValue={limits[key] ?? ""} className="tabular-nums" />}
              </Field>
            ))}
          </div>
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
          <DialogFooter>
            <Button variant="outline" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" busy={saving.isPending}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </Dialog>
    </>
  );
}
