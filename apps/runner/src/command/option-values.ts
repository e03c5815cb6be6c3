import { mayBeThere } from '@holdfast/durable';
import { GENETIC_CODES, idRule, type TranslationCount } from '@holdfast/fasta';
import { INCLUDES, type Include, parseDevice } from '@holdfast/gpu-runtime';
import type { DeviceWish } from '@holdfast/preflight';
import { InvalidArgumentError } from 'commander';
import { MOST_AT_ONCE, type QuarantineLimit } from '../embed-options.js';

/** More than any machine or input needs; small multiples of it are still exact integers. */
const MOST = 1_000_000_000;

function wholeTo(most: number, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  }
  return value;
}

export const whole = (text: string) => wholeTo(MOST, text);
/** Workers, and threads of a worker. */
export const atOnce = (text: string) => wholeTo(MOST_AT_ONCE, text);

export function tokensOrAuto(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return whole(text);
  } catch {
    throw new InvalidArgumentError(`It must be auto, or a whole number from 1 to ${MOST}.`);
  }
}

/** Only digits and a decimal point, not the other forms that JavaScript parses, such as 0x10. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text) || value <= 0 || value > MOST) {
    throw new InvalidArgumentError(
      `It must be a number of seconds above 0, up to ${MOST}, such as 90 or 2.5.`,
    );
  }
  return value;
}

export function device(text: string): DeviceWish {
  try {
    return text === 'auto' ? text : { ...parseDevice(text), every: !text.includes(':') };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

export function model(text: string): string {
  if (text.trim() === '') {
    throw new InvalidArgumentError('It must be the name of a built-in model, or the path of a model.');
  }
  return text;
}

export function file(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a file.');
  return text;
}

/** Adds one of several files. */
export function files(text: string, before: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It must name a file.');
  return [...before, text];
}

/** Layers by number or name, separated by commas. */
export function layers(text: string): string[] {
  const names = text.split(',');
  if (names.some((name) => name.trim() === ''))
    throw new InvalidArgumentError(
      "It must be the number of a layer, or name one of the graph's outputs; several are separated by commas.",
    );
  return distinct(names);
}

/** Outputs that are computed beside the rows, separated by commas. */
export function includes(text: string): Include[] {
  const names = text.split(',');
  if (!names.every((name): name is Include => (INCLUDES as readonly string[]).includes(name)))
    throw new InvalidArgumentError(`It must be a list of ${INCLUDES.join(', ')}, separated by commas.`);
  return distinct(names);
}

function distinct<T extends string>(names: T[]): T[] {
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice} is in it twice.`);
  return names;
}

export function frames(text: string): TranslationCount['frames'] {
  if (text === 'open' || text === 'all' || text === 'orfs') return text;
  // Only then is it an input that was meant.
  const isInput = /[./\\]/.test(text) || text === '-' || mayBeThere(text);
  throw new InvalidArgumentError(
    `It must be open, all or orfs.${isInput ? ' The word after --translate is read as its value: put the files first, or write --translate=open.' : ''}`,
  );
}

export function geneticCode(text: string): number {
  const code = Number(text);
  if (/^\d+$/.test(text) && GENETIC_CODES.includes(code)) return code;
  throw new InvalidArgumentError(`It must be one of NCBI's genetic codes: ${GENETIC_CODES.join(', ')}.`);
}

export function count(text: string): number {
  if (text === '0') return 0;
  try {
    return whole(text);
  } catch {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${MOST}.`);
  }
}

export function cosine(text: string): number {
  const value = Number(text);
  if (/^-?(\d+(\.\d*)?|\.\d+)$/.test(text) && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from -1 to 1, such as 0.99.');
}

export function idOf(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('It must be first-word, whole, or a regular expression.');
  try {
    idRule(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(
      `It must be first-word, whole, or a regular expression of JavaScript (with the flag u). ${(error as Error).message}`,
    );
  }
}

export function mostQuarantined(text: string): QuarantineLimit {
  const value = Number(text.replace(/%$/, ''));
  if (/^\d+$/.test(text) && value <= MOST) return { count: value };
  if (/^(\d+(\.\d*)?|\.\d+)%$/.test(text) && value <= 100) return { percent: value };
  throw new InvalidArgumentError(
    `It must be a whole number of sequences from 0 to ${MOST}, or a share of the input from 0% to 100%.`,
  );
}
