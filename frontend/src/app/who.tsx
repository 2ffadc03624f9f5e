import { useMutation, useQueryClient } from "@tanstack/react-query";
import { User } from "lucide-react";
import { useState } from "react";
import { signOut } from "@/api/session";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { zonedTime } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import { refreshSession, useSession } from "@/stores/session";

const MAY: Record<string, string> = {
  viewer: "A viewer reads.",
  operator: "An operator also runs streams, rules and imports.",
  admin: "An admin also manages users.",
};
const OPEN_TO_ALL =
  "Everybody who reaches this server may use it (ALLOW_INSECURE=true). Put a proxy before it that checks who asks, or take the setting away.";

function SignedIn() {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const zone = usePreferences((preferences) => preferences.zone);
  const { user, role, kind, expires_at } = useSession();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      client.clear();
      await refreshSession("You have signed out.");
    },
  });
  const name = user ?? (kind === "token" ? "the access token" : "this machine");
  return (
    <Popover
      label="Signed in"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="ghost" size="icon" aria-label={`Signed in as ${name}`} title={`Signed in as ${name}`}>
          <User aria-hidden className="size-4" />
        </Button>
      }
    >
      <div className="flex w-64 flex-col gap-2 p-3">
        <p>
          Signed in as <strong className="break-all">{name}</strong>
          {role && <> with the role {role}</>}.
        </p>
        <p className="text-fg-2">
          {role && MAY[role]}
          {expires_at !== null && ` Until ${zonedTime(expires_at, "stamp", zone)}.`}
        </p>
        {leaving.error && (
          <p role="alert" className="text-crit">
            {leaving.error.message}
          </p>
        )}
        <Button disabled={leaving.isPending} onClick={() => leaving.mutate()}>
          Sign out
        </Button>
      </div>
    </Popover>
  );
}

function OpenToAll() {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label="Open to all"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="ghost" data-testid="insecure" title={OPEN_TO_ALL}>
          <span className="text-warn">Open to all</span>
        </Button>
      }
    >
      <p className="w-72 p-3">{OPEN_TO_ALL}</p>
    </Popover>
  );
}

/** Who has signed in, and the way out; nothing where nobody has to, but a warning where the server is open. */
export function Who() {
  const { required, insecure } = useSession();
  if (insecure) return <OpenToAll />;
  return required ? <SignedIn /> : null;
}
