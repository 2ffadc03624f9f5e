/** Fills its box while the first data are on their way, so that nothing moves when they come. */
export function Skeleton({ label }: { label: string }) {
  return (
    <div role="status" className="absolute inset-0 flex flex-col gap-2 p-3">
      <span className="sr-only">{label}</span>
      {["w-3/4", "w-1/2", "w-2/3"].map((width) => (
        <span key={width} className={`h-2 rounded-base bg-raised ${width}`} />
      ))}
    </div>
  );
}
