import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { changePassword } from "@/api/account";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { toast } from "@/components/ui/toaster";
import { submits } from "@/lib/form";

export function PasswordCard() {
  const form = useRef<HTMLFormElement>(null);
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: ({ current, next }: { current: string; next: string }) => changePassword(current, next),
    onSuccess: () => {
      form.current?.reset();
      void queries.invalidateQueries({ queryKey: ["me", "sessions"] });
      toast("Password changed. All other sessions are signed out.");
    },
  });
  const problem = changing.isError ? asProblem(changing.error) : null;
  return (
    <Card>
      <CardHeader>
        <CardTitle>Password</CardTitle>
      </CardHeader>
      <CardContent>
        <form ref={form} className="grid justify-items-start gap-4" onSubmit={submits((text) => changing.mutate({ current: text("current"), next: text("next") }))}>
          <Field label="Current password" error={problem?.field("currentPassword")} className="w-full max-w-sm">
            {(control) => <Input {...control} name="current" type="password" required autoComplete="current-password" />}
          </Field>
          <Field label="New password" hint="At least 12 characters. All your other sessions are signed out." error={problem?.field("newPassword")} className="w-full max-w-sm">
            {(control) => <Input {...control} name="next" type="password" required minLength={12} autoComplete="new-password" />}
          </Field>
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} className="w-full" /> : null}
          <Button type="submit" variant="outline" busy={changing.isPending}>
            Change password
          </Button>
        </form>
      </CardContent>
    </Card>
  );
}
