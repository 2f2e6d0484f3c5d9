import { SettingRow } from "@/components/setting-row";
import { useInstance } from "./context";
import { PowerButton, PowerProblem, usePower } from "./power";

export function PowerRow() {
  const { instance } = useInstance();
  const power = usePower();
  const stopped = instance.lifecycle === "stopped";
  return (
    <div>
      <SettingRow
        title={stopped ? "Start" : "Stop or reboot"}
        text={stopped ? "It is stopped: data and place are kept, nobody can connect." : "Stopping ends all connections and keeps the data. A reboot takes a few seconds."}
      >
        <div className="flex gap-2">
          {stopped ? (
            <PowerButton action="start" power={power} />
          ) : (
            <>
              <PowerButton action="stop" power={power} />
              <PowerButton action="reboot" power={power} />
            </>
          )}
        </div>
      </SettingRow>
      <PowerProblem power={power} className="mx-4 mb-3.5" />
    </div>
  );
}
