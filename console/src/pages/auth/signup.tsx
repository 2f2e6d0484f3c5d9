import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { register } from "@/api/account";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";
import { AuthFrame } from "./frame";

interface NewAccount {
  email: string;
  name: string;
  password: string;
}

export function Signup() {
  const { next } = useSearch({ from: "/signup" });
  const router = useRouter();
  const queries = useQueryClient();
  const creating = useMutation({
    mutationFn: ({ email, name, password }: NewAccount) => register(email, name, password),
    onSuccess: async () => {
      queries.clear();
      router.history.push(`${next ?? "/"}${location.hash}`);
    },
  });
  const problem = creating.isError ? asProblem(creating.error) : null;
  return (
    <AuthFrame
      title="Create an account"
      lead="You get an org of your own; your first database is two steps away."
      foot={
        <>
          Have an account?{" "}
          <Link to="/login" search={next ? { next } : {}} hash={true} className="font-medium text-accent underline underline-offset-4">
            Sign in
          </Link>
        </>
      }
    >
      <form
        className="grid gap-4"
        onSubmit={submits((text) => creating.mutate({ email: text("email"), name: text("name"), password: text("password") }))}
      >
        <Field label="Name" error={problem?.field("displayName")}>
          {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="name" />}
        </Field>
        <Field label="Email" error={problem?.field("email")}>
          {(control) => <Input {...control} name="email" type="email" required autoComplete="email" />}
        </Field>
        <Field label="Password" error={problem?.field("password")} hint="At least 12 characters. A sentence is easy to remember and hard to guess.">
          {(control) => <Input {...control} name="password" type="password" required minLength={12} autoComplete="new-password" />}
        </Field>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <Button type="submit" size="lg" busy={creating.isPending}>
          Create account
        </Button>
      </form>
    </AuthFrame>
  );
}
