import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { deleteInstance } from "@/api/instances";
import { Allowed } from "@/components/allowed";
import { ConfirmByName } from "@/components/confirm-by-name";
import { Button } from "@/components/ui/button";
import { bytes } from "@/lib/amount";
import { useInstance, useInstanceRefusal } from "./context";

const GIB = 1024 ** 3;

/** The button that begins a delete, and the dialog that says what is lost and wants the name typed. */
export function DeleteDatabase({ size = "default", children = "Delete database" }: { size?: "default" | "sm"; children?: ReactNode }) {
  const { instance, follow } = useInstance();
  const refused = useInstanceRefusal("deleteInstance");
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const reason =
    refused ??
    (instance.lifecycle === "deleting" ? "It is being deleted already." : null) ??
    (instance.terminationProtection ? "Deletion protection is on. Switch it off first." : null);
  // One that never came into being holds nothing.
  const never = instance.lifecycle === "failed";
  return (
    <>
      <Allowed reason={reason} align="end">
        <Button variant="danger-outline" size={size} onClick={() => setOpen(true)}>
          {children}
        </Button>
      </Allowed>
      <ConfirmByName
        open={open}
        onClose={() => setOpen(false)}
        title={`Delete ${instance.name}?`}
        name={instance.name}
        confirm="Delete database"
        run={async () => follow((await deleteInstance(instance.id)).id)}
        onDone={() => {
          setOpen(false);
          void queries.invalidateQueries({ queryKey: ["instance", instance.id] });
          void navigate({ to: "/instances/$instanceId", params: { instanceId: instance.id } });
        }}
      >
        {never ? (
          <p>It was never ready, so no data is lost. Its name and its share of the quota are free again.</p>
        ) : (
          <>
            <p>This destroys:</p>
            <ul className="list-disc pl-5">
              <li>all data on its disk of {bytes(instance.diskGiB * GIB)},</li>
              <li>its passwords; whatever is connected loses its connection,</li>
              <li>its address{instance.node ? ` on ${instance.node}` : ""}.</li>
            </ul>
          </>
        )}
        <p>It cannot be brought back. Its history stays readable.</p>
      </ConfirmByName>
    </>
  );
}
