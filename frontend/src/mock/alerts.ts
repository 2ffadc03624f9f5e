import type {
  AlertCondition,
  AlertEvent,
  AlertGroup,
  AlertPreview,
  AlertRule,
  AlertRuleFields,
  PairAnalytics,
} from "@/api/types";

type Problem = { pointer: string; detail: string };
/** The z-score, spread and others of a condition's pair, newest last; null where the mock has none. */
type SeriesOf = (condition: AlertCondition) => PairAnalytics["series"] | null;

const UNITS: Partial<Record<AlertCondition["metric"], string>> = { zscore: "standard deviations" };
const COLUMNS = {
  zscore: "zscore",
  spread: "spread",
  correlation: "correlation",
  hedge_ratio: "beta",
} as const;
const HORIZONS = [1, 5, 15, 60];

const isCondition = (member: AlertCondition | AlertGroup): member is AlertCondition => "metric" in member;

function compare({ op, value }: AlertCondition, now: number, before: number | null): boolean {
  switch (op) {
    case ">":
      return now > value;
    case "<":
      return now < value;
    case ">=":
      return now >= value;
    case "<=":
      return now <= value;
    case "crosses_above":
      return before !== null && before <= value && now > value;
    case "crosses_below":
      return before !== null && before >= value && now < value;
  }
}

/** Rules over the mock's pairs: enough of the server's to see the page at work. It keeps no hold times. */
export class MockAlerts {
  private readonly rules = new Map<string, AlertRule>();
  private readonly events: AlertEvent[] = [];
  private readonly told = new Map<string, number>();
  private changes = 0;
  private made = 0;

  constructor(
    private readonly market: string,
    private readonly seriesOf: SeriesOf,
  ) {}

  get seq(): number {
    return this.changes;
  }

  list(): AlertRule[] {
    return [...this.rules.values()];
  }

  rule(id: string): AlertRule | null {
    return this.rules.get(id) ?? null;
  }

  lasting(): AlertEvent[] {
    return this.events.filter(({ ended_at }) => ended_at === null);
  }

  /** Newest first, as the query of /alerts/history asks. */
  history(query: URLSearchParams): { items: AlertEvent[]; next: number | null } {
    const since = query.get("since");
    const limit = Number(query.get("limit") ?? 100);
    if (since !== null) {
      const later = this.changesAfter(Number(since));
      return {
        items: later.slice(0, limit),
        next: later.length > limit ? (later[limit - 1]?.seq ?? null) : null,
      };
    }
    const before = Number(query.get("before") ?? Number.POSITIVE_INFINITY);
    const wants = (name: string, fits: (text: string) => boolean) => {
      const text = query.get(name);
      return text === null || fits(text);
    };
    const found = this.events
      .filter(
        (event) =>
          event.number < before &&
          wants("market", (market) => market === event.market) &&
          wants("rule_id", (id) => id === event.rule_id) &&
          wants("severity", (severity) => severity === event.severity) &&
          wants("acknowledged", (text) => text === String(event.acknowledged_at !== null)) &&
          wants("ended", (text) => text === String(event.ended_at !== null)),
      )
      .sort((a, b) => b.number - a.number);
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? (items.at(-1)?.number ?? null) : null };
  }

  /** Takes a rule or says what is wrong with it; with an id the fields stand in the place of the rule's own. */
  save(fields: Partial<AlertRuleFields>, id: string | null): AlertRule | Problem {
    const known = id === null ? null : this.rules.get(id);
    const rule = { ...this.fresh(), ...known, ...fields } as AlertRule;
    if (!rule.name?.trim()) return { pointer: "/name", detail: "/name: has to have 1 to 100 characters" };
    if ([...rule.name].some((letter) => letter < " "))
      return { pointer: "/name", detail: "/name: a character cannot be shown" };
    const saved = { ...rule, revision: (known?.revision ?? 0) + 1, updated_at: Date.now() };
    saved.standing = saved.enabled ? "armed" : "disabled";
    if (known) this.end(saved.id, fields.when ? "edited" : "disabled", Date.now());
    this.rules.set(saved.id, saved);
    this.told.delete(saved.id);
    return saved;
  }

  remove(id: string): boolean {
    this.end(id, "deleted", Date.now());
    return this.rules.delete(id);
  }

  acknowledge(id: string, acknowledged: boolean): AlertEvent | null {
    return this.change(id, { acknowledged_at: acknowledged ? Date.now() : null });
  }

  /** Events that changed after that change, in the order of their last one. */
  changesAfter(seq: number): AlertEvent[] {
    return this.events.filter((event) => event.seq > seq).sort((a, b) => a.seq - b.seq);
  }

  /** Looks at the newest closed bar of every rule. */
  step(): void {
    for (const rule of this.rules.values()) if (rule.enabled) this.look(rule);
  }

  preview(fields: AlertRuleFields): AlertPreview {
    const lead = this.lead(fields.when);
    const series = lead && this.seriesOf(lead);
    const times = series?.time ?? [];
    const firings: AlertPreview["firings"] = [];
    let since: number | null = null;
    times.forEach((time, row) => {
      const holds = this.holds(fields.when, row);
      if (holds && since === null) {
        const evidence = lead ? [this.evidence(lead, "/when", row)] : [];
        const z = (at: number) => series?.zscore[at] ?? null;
        const after = HORIZONS.map((bars) => z(row + bars));
        const firing = { id: `preview-${row}`, time, reason: this.reason(fields.when, row), evidence };
        firings.push({ ...firing, ended_at: null, duration_s: null, at: z(row), after });
        since = time;
      } else if (!holds && since !== null) {
        const last = firings.at(-1);
        if (last) Object.assign(last, { ended_at: time, duration_s: (time - since) / 1000 });
        since = null;
      }
    });
    const end = times.at(-1) ?? null;
    const lasted = firings.reduce((sum, { time, ended_at }) => sum + (ended_at ?? end ?? time) - time, 0);
    return {
      market: this.market,
      as_of: end,
      start: times[0] ?? null,
      end,
      moments: times.length,
      count: firings.length,
      firing_s: lasted / 1000,
      suspended_s: 0,
      suspended_because: null,
      followed: lead?.metric === "zscore" ? "zscore" : null,
      horizons: HORIZONS,
      afterwards: HORIZONS.map((bars, index) => {
        const later = firings.map(({ after }) => after[index] ?? null).filter((value) => value !== null);
        const sorted = later.toSorted((a, b) => a - b);
        const mean = later.length ? later.reduce((sum, value) => sum + value, 0) / later.length : null;
        const nearer = firings.filter(
          ({ at, after }) => Math.abs(after[index] ?? 99) < Math.abs(at ?? 0),
        ).length;
        return {
          bars,
          count: later.length,
          mean,
          median: sorted[Math.floor(sorted.length / 2)] ?? null,
          reverted: later.length ? nearer / later.length : null,
        };
      }),
      firings,
      series: {
        metric: lead?.metric ?? "",
        unit: lead ? (UNITS[lead.metric] ?? "") : "",
        threshold: lead?.value ?? 0,
        time: times,
        value: lead ? times.map((_, row) => this.valueOf(lead, row)) : [],
      },
    };
  }

  private fresh(): Partial<AlertRule> {
    this.made += 1;
    return {
      id: `mock-${this.made}`,
      severity: "warning",
      enabled: true,
      cooldown_s: 0,
      rearm: null,
      channels: [],
      sound: false,
      once: false,
      expires_at: null,
      revision: 0,
      created_at: Date.now(),
      standing: "armed",
      reason: null,
      event_id: null,
      fired_at: null,
    };
  }

  private lead(group: AlertGroup): AlertCondition | null {
    for (const member of group.all ?? group.any ?? []) {
      const found = isCondition(member) ? member : this.lead(member);
      if (found) return found;
    }
    return null;
  }

  private valueOf(condition: AlertCondition, row: number): number | null {
    const series = this.seriesOf(condition);
    if (!series || !(condition.metric in COLUMNS)) return null;
    return series[COLUMNS[condition.metric as keyof typeof COLUMNS]].at(row) ?? null;
  }

  private holds(group: AlertGroup, row: number): boolean {
    const test = (member: AlertCondition | AlertGroup): boolean => {
      if (!isCondition(member)) return this.holds(member, row);
      const now = this.valueOf(member, row);
      return now !== null && compare(member, now, row === 0 ? null : this.valueOf(member, row - 1));
    };
    return group.all ? group.all.every(test) : (group.any ?? []).some(test);
  }

  private reason(group: AlertGroup, row: number): string {
    const members = (group.all ?? group.any ?? []).filter(isCondition);
    return members
      .map(({ metric, pair, op, value }, index) => {
        const now = this.valueOf(members[index] as AlertCondition, row);
        return `${metric} of ${pair} is ${now?.toPrecision(4) ?? "unknown"}, ${op} ${value}`;
      })
      .join("; ");
  }

  private evidence(condition: AlertCondition, pointer: string, row: number): AlertEvent["evidence"][number] {
    const value = this.valueOf(condition, row);
    return {
      pointer,
      condition,
      unit: UNITS[condition.metric] ?? "",
      holds: value === null ? null : true,
      value,
      held_since: null,
      bar_time: this.seriesOf(condition)?.time.at(row) ?? null,
      revision: 0,
      trades: [],
      quality: { complete: condition.window ?? 1 },
      note: value === null ? "the mock does not compute it" : "",
    };
  }

  private look(rule: AlertRule): void {
    const lead = this.lead(rule.when);
    const time = lead && this.seriesOf(lead)?.time.at(-1);
    if (!time || this.told.get(rule.id) === time) return;
    this.told.set(rule.id, time);
    const holds = this.holds(rule.when, -1);
    if (holds && rule.event_id === null) this.fire(rule, time);
    if (!holds && rule.event_id !== null) this.end(rule.id, "cleared", time);
  }

  private fire(rule: AlertRule, time: number): void {
    this.changes += 1;
    const { id, revision, severity, when } = rule;
    const members = (when.all ?? when.any ?? []).filter(isCondition);
    const kind = when.all ? "all" : "any";
    const event: AlertEvent = {
      seq: this.changes,
      number: this.events.length + 1,
      id: `event-${this.events.length + 1}`,
      market: this.market,
      rule_id: id,
      rule_revision: revision,
      rule,
      severity,
      time,
      reason: this.reason(when, -1),
      evidence: members.map((each, index) => this.evidence(each, `/when/${kind}/${index}`, -1)),
      ended_at: null,
      ended_because: null,
      acknowledged_at: null,
    };
    this.events.push(event);
    this.rules.set(id, { ...rule, standing: "firing", event_id: event.id, fired_at: time });
  }

  private end(ruleId: string, because: string, time: number): void {
    const rule = this.rules.get(ruleId);
    if (!rule?.event_id) return;
    this.change(rule.event_id, { ended_at: Math.max(time, rule.fired_at ?? 0), ended_because: because });
    this.rules.set(ruleId, { ...rule, standing: rule.enabled ? "armed" : "disabled", event_id: null });
  }

  private change(id: string, part: Partial<AlertEvent>): AlertEvent | null {
    const index = this.events.findIndex((event) => event.id === id);
    const event = this.events[index];
    if (!event) return null;
    this.changes += 1;
    const changed = { ...event, ...part, seq: this.changes };
    this.events[index] = changed;
    return changed;
  }
}

export const isProblem = (answer: AlertRule | Problem): answer is Problem => "pointer" in answer;
