import type { ModelSource } from '@holdfast/gpu-runtime';
import * as z from '@holdfast/schema';

/**
 * The settings of a model that the command line can override. The model's fingerprint covers all of them, but cannot show which
 * one differs.
 */
export const modelOptionsSchema = z.object({
  pooling: z.string(),
  layer: z.string(),
  /** How the layer is called in the names of further outputs, such as `layer_33`; absent if the model's layers have no numbers. */
  layer_name: z.string().exactOptional(),
  long_sequences: z.string(),
  /** Residues; only with windows. */
  window_overlap: z.number().exactOptional(),
  /** Absent: fp32. */
  precision: z.string().exactOptional(),
  /** What is computed beside the rows, by the names of its files; absent: nothing. */
  include: z.string().exactOptional(),
  /** How numbers are stored; absent: float32. */
  dtype: z.string().exactOptional(),
});

export type ModelOptions = z.infer<typeof modelOptionsSchema>;

const FLAGS = {
  pooling: '--pooling',
  layer: '--layer',
  long_sequences: '--long-sequences',
  window_overlap: '--window-overlap',
  precision: '--precision',
  include: '--include and --layer',
  dtype: '--dtype',
} as const;

/** What the absence of a setting means. */
const ABSENT: Partial<Record<keyof ModelOptions, string>> = {
  precision: 'fp32',
  include: 'nothing more',
  dtype: 'float32',
};

/** A model's settings, from its folder or the command line. */
export function modelOptions({
  recipe,
  layer,
  windows,
  precision,
  dtype,
}: Pick<ModelSource, 'recipe' | 'layer' | 'windows' | 'precision' | 'dtype'>): ModelOptions {
  const { rows = [], tokens = [], pairs = [] } = recipe.more ?? {};
  const include = [...rows, ...tokens, ...pairs].map(({ name }) => name).join(', ');
  return {
    pooling: recipe.output.pooling,
    layer: recipe.output.name,
    ...(layer !== undefined && { layer_name: layer }),
    long_sequences: windows === undefined ? 'truncate' : 'windows',
    ...(windows && { window_overlap: windows.overlap }),
    ...(precision && { precision }),
    ...(include && { include }),
    ...(dtype && { dtype }),
  };
}

/** The options that differ, each as "option: then → now". */
export function differingOptions(then: ModelOptions, now: ModelOptions): string[] {
  return (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap((name) => {
    const [before, after] = [then[name] ?? ABSENT[name], now[name] ?? ABSENT[name]];
    if (before === undefined || after === undefined || before === after) return [];
    return [`${FLAGS[name]}: ${before} → ${after}`];
  });
}
