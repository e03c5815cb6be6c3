import { statSync } from 'node:fs';
import { basename, join, parse } from 'node:path';
import { openPt, PtFormatError } from '@holdfast/pt-serializer';
import { ModelConfigError } from '../../model-config-error.js';
import { UnsupportedModelError } from '../../unsupported-model-error.js';
import { NamedTensors } from '../../weights/named-tensors.js';
import { tensorsOf } from '../../weights/pt-weights.js';
import type { Weights } from '../../weights/weights.js';
import { WeightsError } from '../../weights/weights-error.js';
import { type EsmConfig, ROTARY_BASE } from './config.js';

/** fair-esm's alphabet is the same for all its models of this kind. */
const ALPHABET = { maskToken: 32, padToken: 1 };
const EPSILON = 1e-5;
const PREFIX = 'encoder.sentence_encoder.';
const REGRESSION = 'contact_head.';
const BESIDE = '-contact-regression';

/** What an ESM-2 of fair-esm consists of. */
export interface FairEsm {
  config: EsmConfig;
  weights: Weights;
  regression: Weights | null;
}

/**
 * An ESM-2 in the file that fair-esm itself loads: a dict of `cfg`, of which four fields count, and the state dict
 * `model`. The contact regression is in a file beside it, `NAME-contact-regression.pt`; without it there are no contacts.
 *
 * @returns null for a file of something else.
 * @throws UnsupportedModelError for a contact regression alone; WeightsError and ModelConfigError; PtFormatError for a damaged file.
 */
export async function openFairEsm(path: string): Promise<FairEsm | null> {
  await using file = await openPt(path, { checksums: 'never', unknown: 'opaque' });
  if (!(file.value instanceof Map) || !file.value.has('model')) return null;
  if (file.value.has('args'))
    throw new ModelConfigError(path, 'ESM-2', [
      "it has 'args' where an ESM-2 has 'cfg': an ESM-1, ESM-1b or ESM-1v; use the folder that Hugging Face has of it",
    ]);
  const weights = { path, ...tensorsOf(path, file.value.get('model')) };
  const names = [...weights.tensors.keys(), ...weights.others.keys()];
  if (names.length > 0 && names.every((name) => name.startsWith(REGRESSION))) throw onlyRegression(path);
  const field = <T>(name: string, is: (value: unknown) => value is T): T => {
    const value = file.get(`cfg.model.${name}`);
    if (is(value)) return value;
    throw new ModelConfigError(path, 'ESM-2', [
      `cfg.model.${name} is ${value === undefined ? 'missing' : typeof value === 'object' ? 'an object' : String(value)}`,
    ]);
  };
  const [layers, dim, heads] = [
    field('encoder_layers', isCount),
    field('encoder_embed_dim', isCount),
    field('encoder_attention_heads', isCount),
  ];
  if (dim % (2 * heads) !== 0)
    throw new ModelConfigError(path, 'ESM-2', [
      `${dim} numbers in a row are not a multiple of twice ${heads} heads`,
    ]);
  const tensors = new NamedTensors(weights);
  const name = 'layers.0.fc1.weight';
  const at = tensors.has(name) ? name : `${PREFIX}${name}`;
  const up = tensors.take(at, [null, dim]);
  return {
    config: {
      layers,
      dim,
      heads,
      hidden: up.shape[0]!,
      epsilon: EPSILON,
      tokenDropout: field('token_dropout', isFlag),
      rotaryBase: ROTARY_BASE,
      ...ALPHABET,
      positions: 'rotary',
      normBefore: false,
      gated: null,
      tied: false,
    },
    weights,
    regression: await regressionBeside(path),
  };
}

function onlyRegression(path: string): UnsupportedModelError {
  return new UnsupportedModelError(
    path,
    'holds only the contact regression that belongs beside the weights of an ESM, and makes no rows',
    remedyFor(path),
  );
}

function remedyFor(path: string): string {
  const weights = path.replace(BESIDE, '');
  if (weights === path) return 'give the file of the weights, which fair-esm downloads beside it';
  const there = statSync(weights, { throwIfNoEntry: false })?.isFile();
  return there
    ? `give the weights beside it: ${weights}`
    : `give its weights: download ${basename(weights)} too`;
}

/** Null too for a damaged file: rows do not need it. */
async function regressionBeside(path: string): Promise<Weights | null> {
  const { dir, name, ext } = parse(path);
  const beside = join(dir, `${name}${BESIDE}${ext}`);
  if (!statSync(beside, { throwIfNoEntry: false })?.isFile()) return null;
  try {
    await using file = await openPt(beside, { checksums: 'never', unknown: 'opaque' });
    const state = file.value instanceof Map ? file.value.get('model') : undefined;
    return { path: beside, ...tensorsOf(beside, state) };
  } catch (error) {
    if (error instanceof PtFormatError || error instanceof WeightsError) return null;
    throw error;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
