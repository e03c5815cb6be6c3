import { InvalidArgumentError } from 'commander';

/** The name of a folder, as it was given. */
export function folder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}
