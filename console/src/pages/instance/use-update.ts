import { useMutation, useQueryClient } from "@tanstack/react-query";
import { instanceQuery, type InstanceChange, updateInstance } from "@/api/instances";
import { toast } from "@/components/ui/toaster";
import { useInstance } from "./context";

/** Changes what can be changed without a job. */
export function useUpdate(said: string) {
  const { instance } = useInstance();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: InstanceChange) => updateInstance(instance.id, change),
    onSuccess: (changed) => {
      queries.setQueryData(instanceQuery(instance.id).queryKey, changed);
      void queries.invalidateQueries({ queryKey: ["instance", instance.id, "events"] });
      void queries.invalidateQueries({ queryKey: ["project", instance.projectId, "instances"] });
      toast(said);
    },
  });
}
