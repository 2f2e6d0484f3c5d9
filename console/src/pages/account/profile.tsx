import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { meQuery, renameMe } from "@/api/account";
import { asProblem } from "@/api/problem";
import { Loaded } from "@/components/loaded";
import { RenameCard } from "@/components/rename-card";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { setTheme, useTheme } from "@/theme/theme";
import { PasswordCard } from "./password-card";

const THEME_OPTIONS = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "system", label: "System" },
] as const;

export function Profile() {
  const me = useQuery(meQuery);
  const queries = useQueryClient();
  const theme = useTheme();
  const renaming = useMutation({
    mutationFn: renameMe,
    onSuccess: (user) => {
      queries.setQueryData(meQuery.queryKey, user);
      toast("Name saved.");
    },
  });
  return (
    <div className="grid gap-6">
      <Loaded query={me} skeleton={<Skeleton className="h-35.5" />}>
        {(user) => (
          <RenameCard
            key={user.displayName}
            title="Name"
            name={user.displayName}
            hint={`As others see you. You sign in with ${user.email}.`}
            refused={null}
            busy={renaming.isPending}
            problem={renaming.isError ? asProblem(renaming.error) : null}
            onRename={renaming.mutate}
            field="displayName"
          />
        )}
      </Loaded>
      <PasswordCard />
      <Card>
        <CardHeader>
          <CardTitle>Appearance</CardTitle>
        </CardHeader>
        <CardContent className="grid justify-items-start gap-2">
          <Segmented label="Theme" value={theme} onChange={setTheme} options={THEME_OPTIONS} />
          <p className="text-[0.8125rem] text-muted-foreground">Kept in this browser.</p>
        </CardContent>
      </Card>
    </div>
  );
}
