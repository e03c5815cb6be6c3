import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import { kindOf } from '../account.js';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';

/** Strangers that are named. */
const NAMED = 3;

/** Says which files in the folder no run leaves, and how many were set aside. */
export async function noteOthers({ place }: Context, findings: Findings): Promise<void> {
  const strangers: string[] = [];
  let aside = 0;
  for await (const path of filesIn(place.out)) {
    const kind = kindOf(path);
    if (kind === null) strangers.push(path);
    else if (kind.name === '*.corrupt') aside++;
  }
  if (aside > 0) findings.notes.push(`${counted(aside, 'file')} set aside as .corrupt`);
  if (strangers.length > 0)
    findings.notes.push(
      `${counted(strangers.length, 'file')} that no run leaves, not looked at: ${strangers.slice(0, NAMED).join(', ')}${strangers.length > NAMED ? ' …' : ''}`,
    );
}

/** Every file below a folder, by its path within it. */
export async function* filesIn(folder: string, within = ''): AsyncGenerator<string> {
  const entries = await readdir(join(folder, within), { withFileTypes: true }).catch((error: unknown) => {
    // A run removes what it no longer needs.
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(folder, path);
    else yield path;
  }
}
