import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Switch } from "@/components/ui/switch";
import { useInstance, useInstanceRefusal } from "./context";
import { useUpdate } from "./use-update";

export function ProtectionRow() {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("writeInstance");
  const saving = useUpdate(instance.terminationProtection ? "Protection is off." : "Protection is on.");
  // It can be taken back with the same switch, so it shows at once what was asked.
  const shown = saving.isPending ? saving.variables.terminationProtection === true : instance.terminationProtection;
  return (
    <div className="grid gap-3 px-4 py-3.5">
      <label className="flex items-center justify-between gap-6">
        <span className="grid gap-0.5">
          <span className="font-medium">Deletion protection</span>
          <span className="text-muted-foreground text-pretty">While this is on, nobody can delete this database: not here, not by the API.</span>
        </span>
        <Switch checked={shown} disabled={refused !== null || saving.isPending} onChange={(event) => saving.mutate({ terminationProtection: event.target.checked })} />
      </label>
      {saving.isError ? <ErrorPanel error={asProblem(saving.error)} /> : null}
    </div>
  );
}
