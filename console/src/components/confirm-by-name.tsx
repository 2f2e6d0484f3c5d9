import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { submits } from "@/lib/form";
import { ErrorPanel } from "./error-panel";
import { Button } from "./ui/button";
import { Dialog, DialogFooter } from "./ui/dialog";
import { Field } from "./ui/field";
import { Input } from "./ui/input";

interface ConfirmByNameProps {
  open: boolean;
  onClose: () => void;
  title: string;
  name: string;
  /** What will be lost, and whether it can be brought back. */
  children: ReactNode;
  confirm: string;
  run: () => Promise<unknown>;
  onDone: () => void;
}

/** For what cannot be taken back: the exact name has to be typed. */
export function ConfirmByName({ open, onClose, title, name, children, confirm, run, onDone }: ConfirmByNameProps) {
  const [typed, setTyped] = useState("");
  const doing = useMutation({ mutationFn: run, onSuccess: onDone });
  const close = () => {
    setTyped("");
    doing.reset();
    onClose();
  };
  const matches = typed === name;
  return (
    <Dialog open={open} onClose={close} title={title}>
      <form
        className="grid gap-4"
        onSubmit={submits(() => {
          if (matches && !doing.isPending) doing.mutate();
        })}
      >
        <div className="grid gap-2 text-pretty">{children}</div>
        <Field
          label={
            <>
              Type <code className="rounded-sm bg-muted px-1 py-0.5 font-mono break-all">{name}</code> to confirm
            </>
          }
        >
          {(control) => (
            <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" autoCapitalize="off" spellCheck={false} className="font-mono" />
          )}
        </Field>
        {doing.isError ? <ErrorPanel error={doing.error} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Keep it
          </Button>
          <Button type="submit" variant="danger" busy={doing.isPending} disabled={!matches}>
            {confirm}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
