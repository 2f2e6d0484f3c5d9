import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteInstance } from "@/api/instances";
import { asProblem } from "@/api/problem";
import { Allowed } from "@/components/allowed";
import { ConfirmByName } from "@/components/confirm-by-name";
import { DangerZone } from "@/components/danger-zone";
import { RenameCard } from "@/components/rename-card";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { bytes } from "@/lib/amount";
import { NAME_RULE } from "@/lib/names";
import { useInstance, useInstanceRefusal } from "./context";
import { PowerRow } from "./power-row";
import { ProtectionRow } from "./protection-row";
import { RotateRow } from "./rotate-row";
import { TagsCard } from "./tags-card";
import { useUpdate } from "./use-update";

const GIB = 1024 ** 3;

export function InstanceSettings() {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("writeInstance");
  const renaming = useUpdate("Database renamed.");
  return (
    <div className="grid max-w-2xl gap-6">
      <RenameCard
        key={`${instance.name} ${instance.version}`}
        title="Name"
        name={instance.name}
        hint={NAME_RULE}
        refused={refused}
        busy={renaming.isPending}
        problem={renaming.isError ? asProblem(renaming.error) : null}
        onRename={(name) => renaming.mutate({ name })}
      />
      <TagsCard key={JSON.stringify(instance.tags)} />
      <Card>
        <CardHeader>
          <CardTitle>Operation</CardTitle>
        </CardHeader>
        <div className="divide-y">
          <PowerRow />
          <RotateRow />
        </div>
      </Card>
      <Deletion />
    </div>
  );
}

function Deletion() {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("deleteInstance");
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const reason =
    refused ??
    (instance.lifecycle === "deleting" ? "It is being deleted already." : null) ??
    (instance.terminationProtection ? "Deletion protection is on. Switch it off first." : null);
  return (
    <>
      <DangerZone title="Delete this database" text="Container, data and passwords are destroyed. There is no way back, and no backup is kept." before={<ProtectionRow />}>
        <Allowed reason={reason} align="end">
          <Button variant="danger-outline" onClick={() => setOpen(true)}>
            Delete database
          </Button>
        </Allowed>
      </DangerZone>
      <ConfirmByName
        open={open}
        onClose={() => setOpen(false)}
        title={`Delete ${instance.name}?`}
        name={instance.name}
        confirm="Delete database"
        run={() => deleteInstance(instance.id)}
        onDone={() => {
          setOpen(false);
          void queries.invalidateQueries({ queryKey: ["instance", instance.id] });
          void navigate({ to: "/instances/$instanceId", params: { instanceId: instance.id } });
        }}
      >
        <p>This destroys:</p>
        <ul className="list-disc pl-5">
          <li>all data on its disk of {bytes(instance.diskGiB * GIB)},</li>
          <li>its passwords; whatever is connected loses its connection,</li>
          <li>its address{instance.node ? ` on ${instance.node}` : ""}.</li>
        </ul>
        <p>It cannot be brought back. Its history stays readable.</p>
      </ConfirmByName>
    </>
  );
}
