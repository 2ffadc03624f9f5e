import { create } from "zustand";

export type ToastTone = "ok" | "info" | "warning" | "critical";
export type Toast = {
  id: string;
  tone: ToastTone;
  title: string;
  detail?: string;
  action?: { label: string; run: () => void };
};

const store = create<{ toasts: readonly Toast[] }>(() => ({ toasts: [] }));

export const useToasts = () => store((state) => state.toasts);

/** Shows short messages over the page, newest last; one with the same id takes the place of the one before. */
export function say(...toasts: readonly Toast[]): void {
  store.setState((state) => {
    const ids = new Set(toasts.map(({ id }) => id));
    return { toasts: [...state.toasts.filter(({ id }) => !ids.has(id)), ...toasts] };
  });
}

export function dismiss(...ids: readonly string[]): void {
  store.setState((state) => ({ toasts: state.toasts.filter(({ id }) => !ids.includes(id)) }));
}
