import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { logIn } from "@/api/account";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";
import { AuthFrame } from "./frame";

export function Login() {
  const { next } = useSearch({ from: "/login" });
  const router = useRouter();
  const queries = useQueryClient();
  const signing = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => logIn(email, password),
    onSuccess: async () => {
      queries.clear();
      router.history.push(`${next ?? "/"}${location.hash}`);
    },
  });
  const problem = signing.isError ? asProblem(signing.error) : null;
  return (
    <AuthFrame
      title="Sign in"
      lead={next ? "Sign in to go on where you were." : undefined}
      foot={
        <>
          New here?{" "}
          <Link to="/signup" search={next ? { next } : {}} hash={true} className="font-medium text-accent underline underline-offset-4">
            Create an account
          </Link>
        </>
      }
    >
      <form className="grid gap-4" onSubmit={submits((text) => signing.mutate({ email: text("email"), password: text("password") }))}>
        <Field label="Email" error={problem?.field("email")}>
          {(control) => <Input {...control} name="email" type="email" required autoComplete="email" />}
        </Field>
        <Field label="Password" error={problem?.field("password")}>
          {(control) => <Input {...control} name="password" type="password" required autoComplete="current-password" />}
        </Field>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <Button type="submit" size="lg" busy={signing.isPending}>
          Sign in
        </Button>
      </form>
    </AuthFrame>
  );
}
