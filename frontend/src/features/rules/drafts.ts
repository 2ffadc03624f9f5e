import type { RuleDraft } from "./draft";

const kept = new Map<string, RuleDraft>();

/** What was being written when the page was left, so that a look at the Monitor costs nothing. */
export const keptDraft = (key: string): RuleDraft | undefined => kept.get(key);
export const keepDraft = (key: string, draft: RuleDraft): void => void kept.set(key, draft);
export const forgetDraft = (key: string): void => void kept.delete(key);
