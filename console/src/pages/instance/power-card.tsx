import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { useInstance } from "./context";
import { PowerButton } from "./header";

export function PowerCard() {
  const { instance } = useInstance();
  return (
    <Card>
      <CardHeader>
        <CardTitle>Power</CardTitle>
      </CardHeader>
      <CardContent className="flex flex-wrap items-center justify-between gap-4">
        <p className="max-w-md min-w-0 text-muted-foreground text-pretty">
          {instance.lifecycle === "stopped"
            ? "It is stopped: its data and its place are kept, nobody can connect."
            : "Stopping ends all connections and keeps the data. Rebooting takes a few seconds."}
        </p>
        <div className="flex gap-2">
          <PowerButton action="start" />
          <PowerButton action="stop" />
          <PowerButton action="reboot" />
        </div>
      </CardContent>
    </Card>
  );
}
