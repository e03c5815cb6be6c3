import type * as z from '@holdfast/schema';
import { ModelConfigError } from '../model-config-error.js';
import { shown } from '../shown.js';

export type Config = Readonly<Record<string, unknown>>;

/** What a family takes of a `config.json`. */
export interface ConfigRules<T> {
  family: string;
  /** Keys that the graph follows. */
  followed: z.ZodObject & z.ZodType<T>;
  /** Keys whose value must be one of these, and what another would mean. `undefined` stands for a key that is absent or null. */
  fixed: Readonly<Record<string, { values: readonly unknown[]; else: string }>>;
  /** Keys without effect on the last hidden state at inference. */
  ignored: readonly string[];
}

/** Keys of every Hugging Face configuration that name things, or concern training, other heads or how outputs are handed over. */
const ALWAYS_IGNORED = new Set(
  `_name_or_path architectures attention_probs_dropout_prob auto_map bos_token_id chunk_size_feed_forward classifier_dropout
  cls_token_id dtype eos_token_id finetuning_task gradient_checkpointing hidden_dropout_prob id2label initializer_range label2id
  output_attentions output_hidden_states problem_type return_dict sep_token_id tie_word_embeddings torch_dtype torchscript
  transformers_version use_cache`.split(/\s+/),
);

/**
 * Checks a model's configuration key by key: what the graph does not do is refused, and so is a key that is not known.
 *
 * @throws ModelConfigError which names every such key.
 */
export function checkConfig<T>(path: string, config: Config, rules: ConfigRules<T>): T {
  const { family, followed, fixed, ignored } = rules;
  const problems: string[] = [];
  for (const [key, { values, else: meaning }] of Object.entries(fixed)) {
    const value = config[key] ?? undefined;
    if (!values.includes(value))
      problems.push(`${key} is ${value === undefined ? 'missing' : shown(value)} (${meaning})`);
  }
  const known = new Set([...Object.keys(followed.shape), ...Object.keys(fixed), ...ignored]);
  for (const key of Object.keys(config))
    if (!known.has(key) && !ALWAYS_IGNORED.has(key)) problems.push(`${key} is not known`);
  const parsed = followed.safeParse(config);
  if (!parsed.success)
    for (const { path: at, message } of parsed.error.issues) problems.push(`${at.join('.')}: ${message}`);
  if (problems.length > 0 || !parsed.success) throw new ModelConfigError(path, family, problems);
  return parsed.data;
}
