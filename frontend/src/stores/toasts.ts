import { create } from "zustand";

export type ToastTone = "ok" | "info" | "warning" | "critical";
export type Toast = {
  id: string;
  tone: ToastTone;
  title: string;
  detail?: string;
  action?: { label: string; run: () => void };
};
/** With the time at which it goes by itself; null while it stays. */
type KeptToast = Toast & { expiresAt: number | null };

/** How long each stays; what is critical stays until somebody closes it. */
const STAYS_MS: Record<ToastTone, number | null> = { ok: 5000, info: 8000, warning: 12_000, critical: null };
/** Nobody closes more one by one, and the bell has every alert. */
const MOST_KEPT = 50;

const store = create<{ toasts: readonly KeptToast[] }>(() => ({ toasts: [] }));
const held = new Set<string>();

export const useToasts = () => store((state) => state.toasts);

function kept(toast: Toast): KeptToast {
  const stays = held.has(toast.id) ? null : STAYS_MS[toast.tone];
  return { ...toast, expiresAt: stays === null ? null : Date.now() + stays };
}

function change(to: (toasts: readonly KeptToast[]) => readonly KeptToast[]): void {
  store.setState((state) => ({ toasts: to(state.toasts) }));
}

function dropExpired(): void {
  const now = Date.now();
  change((all) => all.filter(({ expiresAt }) => expiresAt === null || expiresAt > now));
}

let timer: ReturnType<typeof setTimeout> | undefined;

// Not every toast is on the page, so none counts its own time.
store.subscribe(({ toasts }) => {
  clearTimeout(timer);
  const next = Math.min(...toasts.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
  if (next === Number.POSITIVE_INFINITY) return;
  timer = setTimeout(dropExpired, next - Date.now());
});

/** Shows short messages over the page, newest last; one with the same id takes the place of the one before. */
export function say(...toasts: readonly Toast[]): void {
  const ids = new Set(toasts.map(({ id }) => id));
  change((all) => [...all.filter(({ id }) => !ids.has(id)), ...toasts.map(kept)].slice(-MOST_KEPT));
}

export function dismiss(...ids: readonly string[]): void {
  change((all) => all.filter(({ id }) => !ids.includes(id)));
}

const renew = (renewed: string) =>
  change((all) => all.map((toast) => (toast.id === renewed ? kept(toast) : toast)));

/** Keeps a message that somebody is on, until the answer is called: from then on it stays as long as a new one. */
export function hold(id: string): () => void {
  held.add(id);
  renew(id);
  return () => {
    held.delete(id);
    renew(id);
  };
}
