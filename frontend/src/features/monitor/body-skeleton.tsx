import { BOXES } from "./panels";

const NUMBERS = ["a", "b", "beta", "spread", "z", "correlation", "adf", "half-life", "quality"];

function Box({ className }: { className: string }) {
  return (
    <div className={`flex flex-col gap-2 rounded-base border border-line bg-card p-2 ${className}`}>
      <span className="h-2 w-24 rounded-base bg-raised" />
      <span className="h-2 w-16 rounded-base bg-raised" />
    </div>
  );
}

/** The shape of what is on its way, so that nothing moves when it comes, and what is being waited for. */
export function BodySkeleton({ children }: { children: string }) {
  return (
    <>
      <div
        role="status"
        className="relative grid shrink-0 grid-cols-2 gap-px overflow-hidden rounded-base border border-line bg-line lg:h-17 lg:grid-cols-9"
      >
        {NUMBERS.map((key) => (
          <div key={key} className="min-h-17 bg-card p-2 max-lg:last:col-span-2 lg:min-h-0">
            <span className="block h-2 w-12 rounded-base bg-raised" />
          </div>
        ))}
        <span className="absolute bottom-2 left-2 text-fg-2">{children}</span>
      </div>
      <div aria-hidden className="grid min-h-0 flex-1 gap-1 lg:grid-cols-[minmax(0,1fr)_320px]">
        <Box className="max-lg:h-128" />
        <div className="flex min-h-0 flex-col gap-1 max-lg:hidden">
          {BOXES.map(({ key }) => (
            <Box key={key} className="flex-1" />
          ))}
        </div>
      </div>
    </>
  );
}
