import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { apiKeysQuery, revokeApiKey } from "@/api/account";
import { orgsQuery } from "@/api/orgs";
import type { ApiKey } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { Loaded } from "@/components/loaded";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { useNow } from "@/lib/use-now";
import { CreateApiKey } from "./create-api-key";

export function ApiKeys() {
  const keys = useQuery(apiKeysQuery);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const add = (
    <Button size="sm" onClick={() => setCreating(true)}>
      <Plus />
      New key
    </Button>
  );
  return (
    <Card>
      <CardHeader>
        <CardTitle>Your API keys</CardTitle>
        {keys.data?.length ? add : null}
      </CardHeader>
      <Loaded query={keys} skeleton={<Skeleton className="m-4 h-24" />}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={<KeyRound />} title="No API key yet" action={add}>
              For programs: a key opens one org, may at most what its role may, and can be revoked at any moment.
            </Empty>
          ) : (
            <ul className="divide-y">
              {all.map((key) => (
                <Row key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <CreateApiKey open={creating} onClose={() => setCreating(false)} />
      <Revocation apiKey={revoking} onClose={() => setRevoking(null)} />
    </Card>
  );
}

function Row({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const orgs = useQuery(orgsQuery);
  const org = orgs.data?.find((one) => one.id === apiKey.orgId);
  const now = useNow(60_000);
  const over = apiKey.expiresAt !== null && Date.parse(apiKey.expiresAt) < now;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate">{apiKey.name}</span>
          <Badge className="capitalize">{apiKey.role}</Badge>
          {over ? <Badge tone="warn">Expired</Badge> : null}
        </p>
        <p className="text-[0.8125rem] text-muted-foreground">
          <code className="font-mono">dbx_{apiKey.prefix}_…</code>
          {org ? ` · ${org.name}` : ""} · {apiKey.lastUsedAt ? "used " : "never used"}
          {apiKey.lastUsedAt ? <TimeAgo time={apiKey.lastUsedAt} /> : null}
          {apiKey.expiresAt && !over ? (
            <>
              {" · expires "}
              <TimeAgo time={apiKey.expiresAt} />
            </>
          ) : null}
        </p>
      </div>
      <Button variant="outline" size="sm" aria-label={`Revoke ${apiKey.name}`} onClick={onRevoke}>
        Revoke
      </Button>
    </li>
  );
}

function Revocation({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: revokeApiKey,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["me", "api-keys"] });
      onClose();
      toast("Key revoked.");
    },
  });
  return (
    <Dialog open={apiKey !== null} onClose={onClose} title={`Revoke ${apiKey?.name ?? ""}?`} description="Whatever uses it is refused from now on. This cannot be taken back.">
      {revoking.isError ? <ErrorPanel error={revoking.error} /> : null}
      <DialogFooter>
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" busy={revoking.isPending} onClick={() => apiKey && revoking.mutate(apiKey.id)}>
          Revoke key
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
