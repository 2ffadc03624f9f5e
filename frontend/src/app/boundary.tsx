import { Component, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

type Props = { children: ReactNode };

/** What a page that cannot be drawn leaves in its place: a sentence and a way on, never an empty window. */
export class Boundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="p-4">
        <h1 className="sr-only">This page could not be shown</h1>
        <Notice tone="failed" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
          This page could not be shown: {error.message}
        </Notice>
      </main>
    );
  }
}
