/**
 * The agents of BALROG whose structure is here, in its words for them: answers with the action alone (naive), thinks first
 * (cot), either with the action between tags (robust), or is shown an episode before its own (few_shot).
 */
export const forms = ["naive", "cot", "robust_naive", "robust_cot", "few_shot"] as const;

export type Form = (typeof forms)[number];

/** BALROG's settings of its agents, as its config.yaml names them (balrog-ai/BALROG at af7d1f1). */
export const BALROG_SETTINGS = {
  max_text_history: 16,
  max_image_history: 0,
  max_cot_history: 1,
  max_icl_history: 1000,
} as const;
