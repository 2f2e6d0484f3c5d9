import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import { createProject } from "@/api/projects";
import { ErrorPanel } from "@/components/error-panel";
import { NameField } from "@/components/name-field";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { submits } from "@/lib/form";

interface CreateProjectProps {
  orgId: string;
  open: boolean;
  onClose: () => void;
  onCreated: (projectId: string) => void;
}

export function CreateProject({ orgId, open, onClose, onCreated }: CreateProjectProps) {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const creating = useMutation({
    mutationFn: () => createProject(orgId, name),
    onSuccess: async (project) => {
      await queries.invalidateQueries({ queryKey: ["org", orgId, "projects"] });
      onClose();
      onCreated(project.id);
    },
  });
  const problem = creating.isError ? asProblem(creating.error) : null;
  const close = () => {
    setName("");
    creating.reset();
    onClose();
  };
  return (
    <Dialog open={open} onClose={close} title="New project" description="Groups the databases of one application or team.">
      <form className="grid gap-4" onSubmit={submits(() => (name === "" ? undefined : creating.mutate()))}>
        <NameField value={name} onChange={setName} error={problem?.field("name")} placeholder="shop" />
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" busy={creating.isPending}>
            Create project
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
