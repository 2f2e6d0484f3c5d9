import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DoorClosed, SearchX } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { PageBody, PageHeader } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { remember } from "@/lib/storage";

/** In place of an org's pages, once the person is no longer a member of it. */
export function AccessLost() {
  const queries = useQueryClient();
  useEffect(() => {
    // What was read of the org is theirs no more. The address is still asked about, so that stays.
    queries.removeQueries({ type: "inactive", predicate: ({ queryKey }) => queryKey[0] !== "orgs" && queryKey[0] !== "me" });
  }, [queries]);
  return (
    <Closed title="You are no longer in this org" icon={<DoorClosed />} what="Its pages are closed to you">
      Somebody removed you, or the org was deleted. An owner or admin of it can invite you again.
    </Closed>
  );
}

/** In place of the pages of an org that does not exist, or not for this person. */
export function NoSuchOrg() {
  return (
    <Closed title="There is no such org" icon={<SearchX />} what="Not for you, at least">
      The link may be old or mistyped, or it leads to an org that you are not a member of. One of its owners or admins can invite you.
    </Closed>
  );
}

/** In place of the pages of a project or database that does not exist, or not for this person. */
export function NothingHere() {
  return (
    <Closed title="There is nothing at this address" icon={<SearchX />} what="Not for you, at least">
      The link may be old or mistyped, or it leads into an org that you are not a member of. One of its owners or admins can invite you.
    </Closed>
  );
}

function Closed({ title, icon, what, children }: { title: string; icon: ReactNode; what: string; children: ReactNode }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const home = () => {
    remember("org", null);
    queries.clear();
    void navigate({ to: "/" });
  };
  return (
    <PageBody>
      <PageHeader title={title} />
      <Card>
        <Empty icon={icon} title={what} action={<Button onClick={home}>Go to your orgs</Button>}>
          {children}
        </Empty>
      </Card>
    </PageBody>
  );
}
