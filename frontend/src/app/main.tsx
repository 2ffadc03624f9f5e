import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/styles/app.css";
import { ApiError, askAgainIn } from "@/api/http";
import { socket } from "@/stores/link";
import { mustSignIn, refreshSession, useSession } from "@/stores/session";
import { App } from "./app";

// Data that change come by the socket; what is asked for is asked for once.
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchInterval: ({ state }) => askAgainIn(state.error),
      retry: (failures, error) => failures < 3 && error instanceof ApiError && error.status === 0,
    },
  },
});

// The build without the mock has none of its code.
if (import.meta.env.VITE_USE_MOCK === "true") await import("@/mock/start").then((mock) => mock.startMock());

await refreshSession();
if (!mustSignIn(useSession.getState())) socket.open();
window.addEventListener("online", () => {
  if (!mustSignIn(useSession.getState())) socket.retryNow();
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
