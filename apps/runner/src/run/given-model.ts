import type { GivenModel } from '@holdfast/run-folder';
import type { EmbedOptions } from '../embed-options.js';

type GivenOptions = Pick<EmbedOptions, 'overrides' | 'keepU' | 'keepStop' | 'stripStop' | 'keepGaps'>;

/** What a command gives of its model. @param path absolute; undefined for a model of the hub. */
export function givenModel(
  { overrides = {}, keepU, keepStop, stripStop, keepGaps }: GivenOptions,
  path: string | undefined,
): GivenModel {
  const { pooling, longSequences, windowOverlap, output, layers = [], include, dtype, precision } = overrides;
  const options = {
    ...(pooling !== undefined && { '--pooling': pooling }),
    ...(longSequences !== undefined && { '--long-sequences': longSequences }),
    ...(windowOverlap !== undefined && { '--window-overlap': windowOverlap }),
    ...(output !== undefined && { '--layer': [output, ...layers].join(',') }),
    ...(include !== undefined && { '--include': include.join(',') }),
    ...(dtype !== undefined && { '--dtype': dtype }),
    ...(precision !== undefined && { '--precision': precision }),
    ...(keepU && { '--keep-u': true as const }),
    ...(keepStop && { '--keep-stop': true as const }),
    ...(stripStop && { '--strip-stop': true as const }),
    ...(keepGaps && { '--keep-gaps': true as const }),
  };
  return { ...(path !== undefined && { path }), options };
}
