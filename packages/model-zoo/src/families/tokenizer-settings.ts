import { shown } from '../shown.js';
import { UnsupportedModelError } from '../unsupported-model-error.js';

type Json = Readonly<Record<string, unknown>>;

/** The files in which Transformers keeps a tokenizer's settings, each empty if it is not there. */
export interface TokenizerFiles {
  /** `tokenizer_config.json` */
  config: Json;
  /** `special_tokens_map.json` */
  special: Json;
  /** `added_tokens.json` */
  added: Json;
}

/** What a tokenizer of Transformers does by itself. */
export interface TokenizerRules {
  /** Its names in `tokenizer_class`; a folder may name none. Empty: any. */
  classes: readonly string[];
  /** The tokens that it puts around a sequence, or for what it does not know, with their usual names. */
  tokens: Readonly<Record<string, string>>;
  /** Those of them that it goes without if they are null. */
  optional?: readonly string[];
  /** Those of them that keep their usual names: the class itself does not follow another. */
  fixed?: readonly string[];
  ids: ReadonlyMap<string, number>;
  /** Whether a token of the vocabulary that is made an added token is cut out before others. Default: changes nothing. */
  isCut?(token: string): boolean;
}

export interface TokenizerSettings {
  /** The names of the tokens in the rules, by their keys. */
  tokens: Readonly<Record<string, string | null>>;
  /** Absent: the file does not say. */
  lowerCase?: boolean;
  /** Most tokens, special ones included; Infinity if it names no limit. */
  longest: number;
}

type Problem = readonly [what: string, remedy: string];

/** What is wrong with a tokenizer that keeps the ends of long sequences, and what to do. */
export const KEEPS_ENDS: Problem = [
  'keeps the end of a long sequence (truncation_side left), but Holdfast keeps its beginning',
  'set it to right to keep the beginning or to cut windows; else cut the sequences yourself',
];

const OWN_FILES = 'use the tokenizer files that belong to the model';

/** What no residues spell. */
const SPECIAL = /^<.+>$|^\[.+\]$/;

/**
 * What a tokenizer's settings change. Keys that neither its class nor the base class of Transformers reads have no effect there
 * either, so they are left alone; those that make other tokens are followed, or refused by name.
 *
 * @param path of `tokenizer_config.json`.
 * @throws UnsupportedModelError which names every such key.
 */
export function tokenizerSettings(
  path: string,
  files: TokenizerFiles,
  rules: TokenizerRules,
): TokenizerSettings {
  const { config } = files;
  const problems = [...refusedKeys(config, rules.classes), ...addedTokens(files, rules)];
  const read = namesOf(files);
  const tokens: Record<string, string | null> = {};
  for (const [key, usual] of Object.entries(rules.tokens)) {
    const value = key in read ? read[key] : usual;
    const name = contentOf(value);
    tokens[key] = name;
    if (name === null && value === null && rules.optional?.includes(key)) continue;
    if (name === null) problems.push([`${key} is ${shown(value)}`, OWN_FILES]);
    else if (name !== usual && rules.fixed?.includes(key))
      problems.push([`${key} is ${shown(name)}; known is ${usual}`, OWN_FILES]);
    // A vocabulary that lacks the usual token is its own fault.
    else if (name !== usual && !rules.ids.has(name))
      problems.push([`${key} is ${shown(name)}, which is not in the vocabulary`, OWN_FILES]);
  }
  const { do_lower_case: lower, model_max_length: limit = config['max_len'] } = config;
  const longest = limit ?? Number.POSITIVE_INFINITY;
  if (typeof longest !== 'number' || !(longest > 0))
    problems.push([`model_max_length is ${shown(limit)}`, 'set it to a number of tokens, or remove it']);
  if (lower != null && typeof lower !== 'boolean')
    problems.push([`do_lower_case is ${shown(lower)}`, 'set it to true or false']);
  if (problems.length > 0) throw refusal(path, problems);
  return {
    tokens,
    longest: longest as number,
    ...(typeof lower === 'boolean' ? { lowerCase: lower } : {}),
  };
}

/** Refuses settings that make other tokens than a `tokenizer.json` by itself. @throws UnsupportedModelError */
export function checkAddedTokens(
  path: string,
  files: TokenizerFiles,
  rules: Pick<TokenizerRules, 'ids' | 'isCut'>,
): void {
  const problems = [...splits(files.config), ...addedTokens(files, rules)];
  if (problems.length > 0) throw refusal(path, problems);
}

function refusal(path: string, problems: readonly Problem[]): UnsupportedModelError {
  const each = (at: 0 | 1) => [...new Set(problems.map((problem) => problem[at]))].join('; ');
  return new UnsupportedModelError(path, each(0), each(1));
}

function refusedKeys(config: Json, classes: readonly string[]): Problem[] {
  const problems = splits(config);
  const { tokenizer_class: name, auto_map: code, truncation_side: side } = config;
  if (name != null && classes.length > 0 && !classes.includes(String(name)))
    problems.push([`tokenizer_class is ${shown(name)}; known is ${classes.join(' or ')}`, OWN_FILES]);
  if (code != null && (Array.isArray(code) || (code as Json)['AutoTokenizer'] != null))
    problems.push(['auto_map names code of its own for the tokens', 'use a model without such code']);
  if (typeof side === 'string' && side.toLowerCase() === 'left') problems.push(KEEPS_ENDS);
  return problems;
}

const splits = ({ split_special_tokens: split }: Json): Problem[] =>
  split == null || split === false
    ? []
    : [[`split_special_tokens is ${shown(split)}, which makes other tokens`, 'set it to false']];

/** Special tokens by their keys: as Transformers, the older file counts unless the other lists all added tokens. */
function namesOf({ config, special }: TokenizerFiles): Json {
  return config['added_tokens_decoder'] == null ? { ...config, ...special } : config;
}

/** A token that is added to a vocabulary is found first, wherever residues spell it. */
function addedTokens(
  files: TokenizerFiles,
  { ids, isCut }: Pick<TokenizerRules, 'ids' | 'isCut'>,
): Problem[] {
  const { config, added } = files;
  const problems: Problem[] = [];
  const look = (key: string, value: unknown, id?: number) => {
    const name = contentOf(value);
    const known = name === null ? undefined : ids.get(name);
    const at = id === undefined ? '' : ` with the ID ${id}`;
    if (name === null) return;
    if (known !== undefined && id !== undefined && id !== known)
      problems.push([`${key} has ${shown(name)}${at}, which is ${known} in the vocabulary`, OWN_FILES]);
    else if (known === undefined ? !SPECIAL.test(name) : (isCut?.(name) ?? false))
      problems.push([`${key} adds the token ${shown(name)}${at}, which residues spell`, OWN_FILES]);
  };
  for (const [key, value] of Object.entries(namesOf(files))) {
    if (/_token$/.test(key)) look(key, value);
    else if (/^(additional|extra)_special_tokens$/.test(key))
      for (const each of Object.values((value ?? {}) as Json)) look(key, each);
  }
  const decoder = config['added_tokens_decoder'];
  for (const [id, value] of Object.entries((decoder ?? {}) as Json))
    look('added_tokens_decoder', value, Number(id));
  if (decoder == null)
    for (const [name, id] of Object.entries(added)) look('added_tokens.json', name, Number(id));
  return problems;
}

/** The name of a token, which may be given with settings of its own. */
function contentOf(value: unknown): string | null {
  const content = typeof value === 'object' && value !== null ? (value as Json)['content'] : value;
  return typeof content === 'string' ? content : null;
}
