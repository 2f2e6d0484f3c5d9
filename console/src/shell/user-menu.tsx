import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { useContext } from "react";
import { meQuery } from "@/api/account";
import { Menu, MenuItem, MenuLabel, MenuRadio, MenuSeparator } from "@/components/ui/menu";
import { setTheme, useTheme } from "@/theme/theme";
import { LeaveContext } from "./leave";

const THEME_ITEMS = [
  { theme: "light", label: "Light", icon: <Sun /> },
  { theme: "dark", label: "Dark", icon: <Moon /> },
  { theme: "system", label: "System", icon: <Monitor /> },
] as const;

export function UserMenu({ onNavigate }: { onNavigate?: (() => void) | undefined }) {
  const me = useQuery(meQuery);
  const theme = useTheme();
  const navigate = useNavigate();
  const go = (to: "/account" | "/account/api-keys") => {
    onNavigate?.();
    void navigate({ to });
  };
  const leave = useContext(LeaveContext);
  return (
    <Menu
      label="Account"
      className="w-56"
      trigger={
        <button type="button" className="flex h-11 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-muted">
          <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-muted text-xs font-semibold text-muted-foreground uppercase">
            {me.data?.displayName.slice(0, 1)}
          </span>
          <span className="grid min-w-0 leading-tight">
            <span className="truncate text-[0.8125rem] font-medium">{me.data?.displayName ?? <span className="sr-only">Account</span>}</span>
            <span className="truncate text-xs text-muted-foreground">{me.data?.email}</span>
          </span>
        </button>
      }
    >
      <MenuItem onClick={() => go("/account")}>
        <UserRound />
        Account
      </MenuItem>
      <MenuItem onClick={() => go("/account/api-keys")}>
        <KeyRound />
        API keys
      </MenuItem>
      <MenuSeparator />
      <MenuLabel>Theme</MenuLabel>
      {THEME_ITEMS.map((item) => (
        <MenuRadio key={item.theme} checked={theme === item.theme} onClick={() => setTheme(item.theme)}>
          {item.icon}
          {item.label}
        </MenuRadio>
      ))}
      <MenuSeparator />
      <MenuItem onClick={() => void leave()}>
        <LogOut />
        Sign out
      </MenuItem>
    </Menu>
  );
}
