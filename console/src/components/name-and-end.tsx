import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import { Allowed } from "./allowed";
import { ConfirmByName } from "./confirm-by-name";
import { DangerZone } from "./danger-zone";
import { RenameCard } from "./rename-card";
import { Button } from "./ui/button";
import { toast } from "./ui/toaster";

interface NameAndEndProps {
  /** What has the name, as people call it. */
  kind: "org" | "project";
  name: string;
  rename: (name: string) => Promise<unknown>;
  nameRule: string;
  /** Why it cannot be renamed or deleted; null where it can. */
  renameRefused: string | null;
  deleteRefused: string | null;
  /** What has to be so before it can be deleted, and what is then lost. */
  terms: string;
  loss: string;
  remove: () => Promise<unknown>;
  onRemoved: () => void;
}

/** Settings of what has a name and can be deleted once it is empty. */
export function NameAndEnd({ kind, name, rename, nameRule, renameRefused, deleteRefused, terms, loss, remove, onRemoved }: NameAndEndProps) {
  const [deleting, setDeleting] = useState(false);
  const title = kind.replace(/^./, (first) => first.toUpperCase());
  const renaming = useMutation({ mutationFn: rename, onSuccess: () => toast(`${title} renamed.`) });
  return (
    <div className="grid gap-6">
      <RenameCard
        key={name}
        title="Name"
        name={name}
        hint={nameRule}
        refused={renameRefused}
        busy={renaming.isPending}
        problem={renaming.isError ? asProblem(renaming.error) : null}
        onRename={renaming.mutate}
      />
      <DangerZone title={`Delete this ${kind}`} text={terms}>
        <Allowed reason={deleteRefused} align="end">
          <Button variant="danger-outline" onClick={() => setDeleting(true)}>
            Delete {kind}
          </Button>
        </Allowed>
      </DangerZone>
      <ConfirmByName
        open={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${name}?`}
        name={name}
        confirm={`Delete ${kind}`}
        run={remove}
        onDone={() => {
          toast(`${title} deleted.`);
          onRemoved();
        }}
      >
        <p>{loss}</p>
      </ConfirmByName>
    </div>
  );
}
