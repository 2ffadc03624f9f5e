import { create } from "zustand";

type Opened = "palette" | "help" | null;

const store = create<{ what: Opened }>(() => ({ what: null }));

/** Which of the shell's dialogs is open. */
export const opened = {
  get: () => store.getState().what,
  set: (what: Opened) => store.setState({ what }),
};
export const useOpened = () => store((state) => state.what);
