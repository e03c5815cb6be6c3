import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { renderArray, renderJoin, sbatchLine } from '../src/slurm/array-job.js';

// The scripts and lines as bash runs them, with an srun and an sbatch that print their arguments.

let bin: string;
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'bin-'));
  for (const name of ['srun', 'sbatch']) {
    // A shell starts in a tenth of Node's time.
    const print = '#!/bin/bash\nprintf "%s\\0" "$@"\n[ -z "$KILL" ] || kill -"$KILL" $$\nexit "$CODE"\n';
    writeFileSync(join(bin, name), print);
    chmodSync(join(bin, name), 0o755);
  }
});

function bash(script: string, env: NodeJS.ProcessEnv = {}) {
  const { stdout, status } = spawnSync('bash', ['-s'], {
    input: script,
    encoding: 'utf8',
    env: { PATH: `${bin}:/usr/bin:/bin`, CODE: '0', ...env },
  });
  return { words: stdout.split('\0').slice(0, -1), status };
}

const word = fc
  .array(fc.constantFrom(...' \'"$`!*?~&|;<>()[]{}#=%@-+ä€', 'a', 'B', '7', '/', '.'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((letters) => letters.join(''));

test('law: bash gives srun the words of the run, whatever is in its paths', () => {
  fc.assert(
    fc.property(word, word, word, (folder, node, script) => {
      const run = {
        dir: `/${folder}`,
        holdfast: [`/${node}`, `/${script}`],
        name: 'n',
        sbatchArgs: [`--comment=${folder}`],
      };
      const array = renderArray({ ...run, tasks: 2, cpusPerTask: 3 });
      const join = renderJoin({ ...run, after: ['1'] });
      expect(bash(array.script).words).toEqual([
        '--ntasks=1',
        '--cpus-per-task=3',
        ...run.holdfast,
        'work',
        run.dir,
      ]);
      expect(bash(join.script).words.slice(2)).toEqual([...run.holdfast, 'join', run.dir]);
      expect(bash(sbatchLine(array, `/${folder}/task.sh`)).words).toEqual([
        ...array.args,
        `/${folder}/task.sh`,
      ]);
    }),
    { numRuns: 60 },
  );
});

const { script } = renderArray({ dir: '/d', holdfast: ['/node'], name: 'n', sbatchArgs: [], tasks: 1 });

test.each([0, 1, 2, 3, 4, 75, 130])('exit code %d is that of the task', (code) => {
  expect(bash(script, { CODE: `${code}` }).status).toBe(code);
});

test('a task that a signal ended before it could handle it is started again', () => {
  expect(bash(script, { KILL: 'TERM' }).status).toBe(75);
  expect(bash(script, { KILL: 'KILL' }).status).toBe(137);
});
