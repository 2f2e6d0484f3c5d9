import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { eraseAccount, PERSONAL_DATA_URL } from "@/api/account";
import { dropRequests } from "@/api/http";
import { asProblem } from "@/api/problem";
import { DangerZone } from "@/components/danger-zone";
import { ErrorPanel } from "@/components/error-panel";
import { SettingRow } from "@/components/setting-row";
import { Button, buttonVariants } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";

export function Privacy() {
  const [open, setOpen] = useState(false);
  return (
    <div className="grid gap-6">
      <Card>
        <CardHeader>
          <CardTitle>Your data</CardTitle>
        </CardHeader>
        <SettingRow title="Download everything kept about you" text="Profile, memberships, sessions, API keys, and what you did from where, as one JSON file.">
          <a href={PERSONAL_DATA_URL} download="dbxyz-account.json" className={buttonVariants({ variant: "outline" })}>
            <Download />
            Download
          </a>
        </SettingRow>
      </Card>
      <DangerZone title="Delete your account" text="Your name, address, sessions and API keys are erased. Databases of your orgs stay with the people who remain there.">
        <Button variant="danger-outline" onClick={() => setOpen(true)}>
          Delete account
        </Button>
      </DangerZone>
      <Erasure open={open} onClose={() => setOpen(false)} />
    </div>
  );
}

function Erasure({ open, onClose }: { open: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const erasing = useMutation({
    mutationFn: eraseAccount,
    gcTime: 0,
    onSuccess: () => {
      queries.clear();
      dropRequests();
      // A whole new page: nothing that was shown stays in memory.
      location.assign("/");
    },
  });
  const close = () => {
    erasing.reset();
    onClose();
  };
  const problem = erasing.isError ? asProblem(erasing.error) : null;
  return (
    <Dialog open={open} onClose={close} title="Delete your account?" description="This cannot be taken back.">
      <form
        className="grid gap-4"
        onSubmit={submits((text) => {
          if (!erasing.isPending) erasing.mutate(text("password"));
        })}
      >
        <ul className="grid list-disc gap-1 pl-5">
          <li>You are signed out everywhere and your API keys stop working.</li>
          <li>Orgs in which nobody and nothing else is are deleted; you leave all others.</li>
          <li>What you did stays in the audit logs under your account's id, without name or address.</li>
        </ul>
        <Field label="Your password" error={problem?.field("password")}>
          {(control) => <Input {...control} name="password" type="password" required autoComplete="current-password" />}
        </Field>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Keep it
          </Button>
          <Button type="submit" variant="danger" busy={erasing.isPending}>
            Delete account
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
