import type { LetterRules } from '@holdfast/gpu-runtime';
import { z } from 'zod';

/** How a run changes its sequences before planning. Stored in `run.json`; part of the run's fingerprint. */
export const letterUseSchema = z.object({
  read: z.enum(['as they are', 'U as T', 'T as U']),
  /** For a final `*`. */
  final_stop: z.enum(['kept', 'dropped']),
});
export type LetterUse = z.infer<typeof letterUseSchema>;

/** No change: the use of earlier versions, which did not record one. */
export const AS_THEY_ARE: LetterUse = { read: 'as they are', final_stop: 'kept' };

/** The parts that options can switch off. */
export interface LetterSwitches {
  keepU: boolean;
  keepStop: boolean;
}

/** The letter use of a new run. Translated frames keep their stops, because the user asked for them. */
export function letterUse(
  { readAs, finalStop }: Pick<LetterRules, 'readAs' | 'finalStop'>,
  { keepU, keepStop, translated }: LetterSwitches & { translated: boolean },
): LetterUse {
  if (translated) return AS_THEY_ARE;
  return {
    read: readAs === undefined || keepU ? 'as they are' : readAs.from === 'U' ? 'U as T' : 'T as U',
    final_stop: finalStop && !keepStop ? 'dropped' : 'kept',
  };
}

/** The options that differ, each as "option: then → now". */
export function letterDifferences(then: LetterUse, now: LetterUse): string[] {
  const option = (name: string, before: boolean, after: boolean) =>
    before === after ? [] : [`${name}: ${given(before)} → ${given(after)}`];
  const keeps = ({ read, final_stop }: LetterUse) => [read === 'as they are', final_stop === 'kept'] as const;
  const [[u, stop], [uNow, stopNow]] = [keeps(then), keeps(now)];
  return [...option('--keep-u', u, uNow), ...option('--keep-stop', stop, stopNow)];
}

const given = (is: boolean) => (is ? 'given' : 'not given');
