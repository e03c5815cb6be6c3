import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '../weights/small-file.js';
import { WeightsError } from '../weights/weights-error.js';
import {
  type TokenizerFiles,
  type TokenizerRules,
  type TokenizerSettings,
  tokenizerSettings,
} from './tokenizer-settings.js';

const CONFIG = 'tokenizer_config.json';

/** The settings beside a model's vocabulary. @throws WeightsError for a file that is no JSON; UnsupportedModelError. */
export function readTokenizerSettings(folder: string, rules: TokenizerRules): TokenizerSettings {
  const files: TokenizerFiles = {
    config: read(folder, CONFIG),
    special: read(folder, 'special_tokens_map.json'),
    added: read(folder, 'added_tokens.json'),
  };
  return tokenizerSettings(join(folder, CONFIG), files, rules);
}

function read(folder: string, name: string): TokenizerFiles['config'] {
  const path = join(folder, name);
  if (!existsSync(path)) return {};
  const refuse = (what: string, options?: ErrorOptions) =>
    new WeightsError('weights_format', path, `is not a JSON object${what}`, options);
  let value: unknown;
  try {
    value = JSON.parse(readSmallFile(path).toString('utf8'));
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw refuse(` (${(cause as Error).message})`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('');
  return value as TokenizerFiles['config'];
}
