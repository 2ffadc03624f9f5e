import { Fragment, useRef } from "react";
import { Splitter } from "@/components/splitter";
import { Panel } from "@/components/ui/panel";
import { type Tab, Tabs } from "@/components/ui/tabs";
import { useNarrow } from "@/components/use-narrow";
import { classNames } from "@/lib/class-names";
import { usePreferences } from "@/stores/preferences";
import type { PanelProps } from "./panel-props";
import { BOXES, PANELS, type PanelEntry } from "./panels";
import { pairTopic } from "./view-state";

// A panel can be made this small against its own weight, and no smaller.
const LEAST_WEIGHT = 0.3;

// Contents and controls have the pair for their key: what they still hold of another one is not this one's.
const TABBED = "flex min-h-0 min-w-0 flex-col rounded-base border border-line bg-card";

/** A panel as a tab of a narrow window: its controls lie over its content, where the names leave no room. */
function narrowTab({ key, short, Content, Actions }: PanelEntry, props: PanelProps): Tab {
  return {
    key,
    title: short,
    content: (
      <>
        <Content key={pairTopic(props.view)} {...props} />
        {Actions && (
          <div className="absolute top-0 right-0 rounded-base bg-card">
            <Actions key={pairTopic(props.view)} {...props} />
          </div>
        )}
      </>
    ),
  };
}

function boxTab({ key, title, Content, Actions }: PanelEntry, props: PanelProps): Tab {
  return {
    key,
    title,
    content: <Content key={pairTopic(props.view)} {...props} />,
    actions: Actions && <Actions key={pairTopic(props.view)} {...props} />,
  };
}

/** The panels beside the live panes: tabs in a narrow window, otherwise a column whose heights can be dragged. */
export function SidePanels({ dimmed, ...props }: PanelProps & { dimmed: boolean }) {
  const narrow = useNarrow();
  const column = useRef<HTMLDivElement>(null);
  const { layout, setLayout } = usePreferences();
  const resetKey = pairTopic(props.view);
  if (narrow) {
    const tabs = PANELS.map((panel) => narrowTab(panel, props));
    return (
      <section
        aria-label="Statistics of the pair"
        className={classNames("flex h-72 rounded-base border border-line bg-card", dimmed && "dimmed")}
      >
        <Tabs label="Statistics of the pair" tabs={tabs} />
      </section>
    );
  }
  const weights = BOXES.map(({ key, weight }) => layout.panels[key] ?? weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Pixels that a weight of 1 takes now; a guess before the first layout.
  const unit = (column.current?.clientHeight ?? 560) / total;
  const resize = (index: number, weight: number) => {
    const [one, other] = [BOXES[index], BOXES[index + 1]];
    const both = (weights[index] ?? 0) + (weights[index + 1] ?? 0);
    if (one && other)
      setLayout({ panels: { ...layout.panels, [one.key]: weight, [other.key]: both - weight } });
  };
  return (
    <div ref={column} className={classNames("flex min-h-0 flex-col", dimmed && "dimmed")}>
      {BOXES.map(({ key, panels }, index) => {
        const weight = weights[index] ?? 1;
        const both = weight + (weights[index + 1] ?? 0);
        const [first] = panels;
        return (
          <Fragment key={key}>
            <div className="flex min-h-0 *:flex-1" style={{ flex: `${weight} 1 0` }}>
              {panels.length === 1 && first ? (
                <Panel
                  title={first.title}
                  actions={first.Actions && <first.Actions key={resetKey} {...props} />}
                >
                  <first.Content key={resetKey} {...props} />
                </Panel>
              ) : (
                <section aria-label={first?.title} className={TABBED}>
                  <Tabs
                    label={first?.title ?? key}
                    small
                    tabs={panels.map((panel) => boxTab(panel, props))}
                  />
                </section>
              )}
            </div>
            {index + 1 < BOXES.length && (
              <Splitter
                label={`Height of ${first?.title}`}
                orientation="horizontal"
                value={weight * unit}
                min={LEAST_WEIGHT * unit}
                max={(both - LEAST_WEIGHT) * unit}
                // Names of tabs fill the head that follows.
                reach={(BOXES[index + 1]?.panels.length ?? 0) > 1 ? "before" : "after"}
                onChange={(pixels) => resize(index, pixels / unit)}
                onReset={() => setLayout({ panels: {} })}
              />
            )}
          </Fragment>
        );
      })}
    </div>
  );
}
