import type { LetterRules } from '@holdfast/gpu-runtime';
import * as z from '@holdfast/schema';

/** How a run changes its sequences before planning. Stored in `run.json`; part of the run's fingerprint. */
export const letterUseSchema = z.object({
  read: z.enum(['as they are', 'U as T', 'T as U']),
  /** For a final `*`; `stripped`: dropped although the model knows it. */
  final_stop: z.enum(['kept', 'dropped', 'stripped']),
  /** For `-` and `.`. Absent in runs of earlier versions, which kept them, and for translated frames, which have none. */
  gaps: z.enum(['kept', 'dropped']).exactOptional(),
});
export type LetterUse = z.infer<typeof letterUseSchema>;

/** No change: the use of earlier versions, which did not record one. */
export const AS_THEY_ARE: LetterUse = { read: 'as they are', final_stop: 'kept' };

/** The parts that options switch on or off. */
export interface LetterSwitches {
  keepU: boolean;
  keepStop: boolean;
  stripStop?: boolean;
  keepGaps?: boolean;
}

/** The letter use of a new run. Translated frames keep their stops, unless the user asks otherwise. */
export function letterUse(
  { readAs, finalStop }: Pick<LetterRules, 'readAs' | 'finalStop'>,
  { keepU, keepStop, stripStop, keepGaps, translated }: LetterSwitches & { translated: boolean },
): LetterUse {
  const asAsked = stripStop ? 'stripped' : 'kept';
  if (translated) return { ...AS_THEY_ARE, final_stop: asAsked };
  return {
    read: readAs === undefined || keepU ? 'as they are' : readAs.from === 'U' ? 'U as T' : 'T as U',
    final_stop: finalStop && !keepStop ? 'dropped' : asAsked,
    gaps: keepGaps ? 'kept' : 'dropped',
  };
}

/** What a letter use adds to a run's fingerprint. */
export const letterFacts = ({ read, final_stop, gaps }: LetterUse): readonly string[] => [
  read,
  final_stop,
  // Runs of versions that kept all gaps have the same rows as those that are asked to.
  ...(gaps === 'dropped' ? ['gaps dropped'] : []),
];

/** The options that differ, each as "option: then → now". */
export function letterDifferences(then: LetterUse, now: LetterUse): string[] {
  const option = (name: string, before: boolean, after: boolean) =>
    before === after ? [] : [`${name}: ${given(before)} → ${given(after)}`];
  const [before, after] = [then.final_stop, now.final_stop];
  const strips = [before, after].includes('stripped');
  return [
    ...option('--keep-u', then.read === 'as they are', now.read === 'as they are'),
    ...(strips
      ? option('--strip-stop', before === 'stripped', after === 'stripped')
      : option('--keep-stop', before === 'kept', after === 'kept')),
    // A run of an earlier version keeps its gaps, whatever is asked.
    ...(then.gaps && now.gaps ? option('--keep-gaps', then.gaps === 'kept', now.gaps === 'kept') : []),
  ];
}

const given = (is: boolean) => (is ? 'given' : 'not given');
