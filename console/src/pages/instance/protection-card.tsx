import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Switch } from "@/components/ui/switch";
import { useInstance, useInstanceRefusal } from "./context";
import { useUpdate } from "./use-update";

export function ProtectionCard() {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("writeInstance");
  const saving = useUpdate(instance.terminationProtection ? "Protection is off." : "Protection is on.");
  // It can be taken back with the same switch, so it shows at once what was asked.
  const shown = saving.isPending ? saving.variables.terminationProtection === true : instance.terminationProtection;
  return (
    <Card>
      <CardHeader>
        <CardTitle>Protection</CardTitle>
      </CardHeader>
      <CardContent className="grid gap-3">
        <label className="flex items-center justify-between gap-4">
          <span className="grid gap-0.5">
            <span className="font-medium">Refuse deletes</span>
            <span className="text-muted-foreground text-pretty">{refused ?? "As long as this is on, nobody can delete this database, neither here nor by API."}</span>
          </span>
          <Switch checked={shown} disabled={refused !== null || saving.isPending} onChange={(event) => saving.mutate({ terminationProtection: event.target.checked })} />
        </label>
        {saving.isError ? <ErrorPanel error={asProblem(saving.error)} /> : null}
      </CardContent>
    </Card>
  );
}
