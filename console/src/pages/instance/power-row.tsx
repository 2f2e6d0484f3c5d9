import { SettingRow } from "@/components/setting-row";
import { useInstance } from "./context";
import { PowerButton } from "./header";

export function PowerRow() {
  const { instance } = useInstance();
  const stopped = instance.lifecycle === "stopped";
  return (
    <SettingRow
      title={stopped ? "Start" : "Stop or reboot"}
      text={stopped ? "It is stopped: data and place are kept, nobody can connect." : "Stopping ends all connections and keeps the data. A reboot takes a few seconds."}
    >
      <div className="flex gap-2">
        {stopped ? (
          <PowerButton action="start" />
        ) : (
          <>
            <PowerButton action="stop" />
            <PowerButton action="reboot" />
          </>
        )}
      </div>
    </SettingRow>
  );
}
