import { paddingOf } from '@holdfast/plan';
import { fullNameOf } from '@holdfast/result';
import type { ResultRecord } from '@holdfast/run-folder';
import { ExitCode } from '../errors.js';
import type { Request } from '../run/request.js';

/**
 * Reports a complete run.
 *
 * @param request its model is undefined if it is not there; then the event has no tokens.
 * @param already whether it was complete before this command.
 * @param reported warnings that were already reported.
 * @returns the exit code of the command.
 */
export function reportComplete(
  {
    place,
    options,
    model,
    report,
  }: Pick<Request, 'place' | 'options' | 'report'> & Partial<Pick<Request, 'model'>>,
  result: ResultRecord,
  already: boolean,
  reported: readonly string[] = [],
): number {
  for (const message of result.warnings)
    if (!reported.includes(message)) report({ type: 'warning', message });
  const { sequences, quarantined = 0, skipped = 0, dim, tokens, padded_tokens, files } = result;
  const fullName = fullNameOf(result);
  const excused = quarantined > 0 && options.quarantineOk === true;
  report({
    type: 'complete',
    already,
    sequences,
    quarantined,
    ...(quarantined > 0 ? { quarantine: place.quarantine } : {}),
    ...(excused ? { quarantine_ok: true } : {}),
    ...(skipped > 0 ? { skipped, skipped_table: place.skipped } : {}),
    dim,
    ...(fullName !== null && { full_name: fullName }),
    embeddings: place.embeddings(options.format),
    ids: place.ids,
    ...(files.some(({ file }) => file.includes('/')) && { more_outputs: place.outputs }),
    ...(model === undefined || tokens === undefined || padded_tokens === undefined
      ? {}
      : paddingOf(model, { tokens, padded_tokens })),
  });
  return quarantined > 0 && !excused ? ExitCode.quarantined : ExitCode.complete;
}
