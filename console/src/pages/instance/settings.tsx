import { asProblem } from "@/api/problem";
import { DangerZone } from "@/components/danger-zone";
import { RenameCard } from "@/components/rename-card";
import { Alert } from "@/components/ui/alert";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { NAME_RULE } from "@/lib/names";
import { useInstance, useInstanceRefusal } from "./context";
import { DeleteDatabase } from "./delete-database";
import { PowerRow } from "./power-row";
import { ProtectionRow } from "./protection-row";
import { RotateRow } from "./rotate-row";
import { TagsCard } from "./tags-card";
import { useUpdate } from "./use-update";

export function InstanceSettings() {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("writeInstance");
  const renaming = useUpdate("Database renamed.");
  return (
    <div className="grid gap-6">
      {refused ? <Alert>{refused}</Alert> : null}
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
      <DangerZone title="Delete this database" text="Container, data and passwords are destroyed. There is no way back, and no backup is kept." before={<ProtectionRow />}>
        <DeleteDatabase />
      </DangerZone>
    </div>
  );
}
