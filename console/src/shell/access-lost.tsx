import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DoorClosed } from "lucide-react";
import { PageBody, PageHeader } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { remember } from "@/lib/storage";

/** In place of an org's pages, once the person is no longer a member of it. */
export function AccessLost() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <PageBody>
      <PageHeader title="You are no longer in this org" />
      <Card>
        <Empty
          icon={<DoorClosed />}
          title="Its pages are closed to you"
          action={
            <Button
              onClick={() => {
                remember("org", null);
                queries.clear();
                void navigate({ to: "/" });
              }}
            >
              Go to your orgs
            </Button>
          }
        >
          Somebody removed you, or the org was deleted. An owner or admin of it can invite you again.
        </Empty>
      </Card>
    </PageBody>
  );
}
