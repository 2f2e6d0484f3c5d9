import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";

const GROUPS = [
  {
    title: "Everywhere",
    keys: [
      ["Ctrl K", "Search and commands"],
      ["/", "Search and commands"],
      ["?", "This list"],
      ["Esc", "Close what is open"],
    ],
  },
  {
    title: "Go to",
    keys: [
      ["g p", "Projects"],
      ["g a", "Activity"],
      ["g m", "Members"],
      ["g u", "Usage"],
      ["g l", "Audit log"],
      ["g w", "Webhooks"],
      ["g s", "Settings of the org"],
    ],
  },
  {
    title: "At a project or database",
    keys: [
      ["n", "New database"],
      ["c", "Connect"],
      ["m", "Metrics"],
      ["h", "Activity of the database"],
    ],
  },
] as const;

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Keyboard shortcuts">
      <div className="grid gap-5">
        {GROUPS.map((group) => (
          <section key={group.title} className="grid gap-1.5">
            <h3 className="text-xs font-medium text-muted-foreground">{group.title}</h3>
            <dl className="grid gap-1">
              {group.keys.map(([keys, does]) => (
                <div key={keys} className="flex items-center justify-between gap-4">
                  <dt>{does}</dt>
                  <dd className="flex gap-1">
                    {keys.split(" ").map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
