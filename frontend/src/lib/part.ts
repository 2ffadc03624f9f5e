const failed = new Set<() => void>();

type State<Value> = { value: Value | null; failed: boolean };

/** Code of the page that is loaded when it is first needed. What fails, as while the server is away, can be asked for again. */
export class Part<Value> {
  private state: State<Value> = { value: null, failed: false };
  private asked = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly ask: () => Promise<Value>) {}

  readonly get = (): State<Value> => this.state;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly load = (): void => {
    if (this.asked) return;
    this.asked = true;
    failed.delete(this.load);
    this.ask().then(
      (value) => this.become({ value, failed: false }),
      () => {
        this.asked = false;
        failed.add(this.load);
        this.become({ value: null, failed: true });
      },
    );
  };

  private become(state: State<Value>): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

/** Asks again for every part that could not be loaded, as when the server is back. */
export function loadFailed(): void {
  for (const load of [...failed]) load();
}
