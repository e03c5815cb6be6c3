import type { LanguageHead } from '../../onnx/language-head.js';
import type { StoredTensor } from '../../onnx/stored-tensor.js';
import type { NamedTensors } from '../../weights/named-tensors.js';

/** Names in the checkpoints of each kind. Where the decoder is tied, so are its two biases, of which one may be left out. */
const NAMES = {
  bert: {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    bias: 'cls.predictions.bias',
  },
  roberta: {
    dense: 'lm_head.dense',
    norm: 'lm_head.layer_norm',
    decoder: 'lm_head.decoder',
    bias: 'lm_head.bias',
  },
} as const;

/**
 * The head for masked language modelling of a BERT or RoBERTa, or null if the checkpoint has none.
 *
 * @param tied whether its decoder is the table of embeddings.
 */
export function maskedHead(
  tensors: NamedTensors,
  type: keyof typeof NAMES,
  { embedding, tied }: { embedding: StoredTensor; tied: boolean },
): LanguageHead | null {
  const names = NAMES[type];
  const [entries, dim] = embedding.shape as [number, number];
  const biases = [`${names.decoder}.bias`, names.bias];
  if (tied) biases.reverse();
  return tensors.optional(() => ({
    dense: tensors.linear(names.dense, dim, dim),
    norm: tensors.norm(names.norm, dim),
    decoder: {
      name: names.decoder,
      weight: tied ? embedding : tensors.take(`${names.decoder}.weight`, [entries, dim]),
      bias: tensors.take(biases.find((name) => tensors.has(name)) ?? names.bias, [entries]),
    },
  }));
}
