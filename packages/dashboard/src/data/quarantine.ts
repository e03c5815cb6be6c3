import { existsSync } from 'node:fs';
import { layout } from '@holdfast/run-folder';
import type { Status } from '@holdfast/status';
import type { QuarantineRow } from '../wire.js';
import { linesOf } from './lines.js';

/** Lines of the table that a page shows at most; the file itself has all. */
const MOST = 1000;

/** The sequences that are quarantined: of the table beside the result, or while there is none the first that the logs have. */
export async function quarantineOf(dir: string, { quarantined }: Status): Promise<QuarantineRow[]> {
  const { quarantine } = layout(dir);
  if (!existsSync(quarantine)) return quarantined.first.map((each) => ({ ...each, attempts: null }));
  const rows: QuarantineRow[] = [];
  for await (const lines of linesOf(quarantine))
    for (const { text } of lines) {
      if (text.startsWith('#')) continue;
      const [id = '', ordinal, kind = '', attempts, error = ''] = text.split('\t');
      rows.push({ id, ordinal: Number(ordinal), kind, attempts: Number(attempts), error });
      if (rows.length === MOST) return rows;
    }
  return rows;
}
