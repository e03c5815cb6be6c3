import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ExportName, exportFormats } from '../src/export-formats.js';
import { exportResult } from '../src/export-result.js';
import { rowsOf, writeResult } from './write-result.js';

// Runs the blocks of docs/python.md, as a reader would type them.

const PAGE = readFileSync(new URL('../../../docs/python.md', import.meta.url), 'utf8');

interface BlockOfPage {
  language: 'python' | 'r';
  code: string;
  /** Modules that it loads. */
  needs: string[];
}

const BLOCKS: BlockOfPage[] = [...PAGE.matchAll(/^```(python|r)\n(.*?)^```$/gms)].map(
  ([, language, code]) => ({
    language: language as 'python' | 'r',
    code: code!,
    needs: [...code!.matchAll(/^(?:import|from) (\w+)|library\((\w+)\)/gm)].map(
      ([, module, library]) => module ?? library!,
    ),
  }),
);

/** Debian's Python, and one with more modules if there is one; R if it is there. */
const PROGRAMS = {
  python: [process.env['HOLDFAST_TEST_PYTHON'], '/usr/bin/python3'].filter((each) => each !== undefined),
  r: ['Rscript'],
};

/** What a program says that lacks a module. */
const LACKS = /No module named|Missing optional dependency|there is no package called/;

const ran = (program: string, code: string, cwd: string) =>
  spawnSync(program, [program === 'Rscript' ? '-e' : '-c', code], { cwd, encoding: 'utf8' });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'python-page-'));
  const out = join(folder, 'out');
  mkdirSync(out);
  const ids = Array.from({ length: 40 }, (_, at) => `séq/${at}`);
  const facts = { model: 'facebook/esm2_t6_8M_UR50D', pooling: 'mean', layer: 'last_hidden_state' };
  await writeResult(out, { ids, rows: rowsOf(40, 6), facts });
  for (const to of Object.keys(exportFormats) as ExportName[]) await exportResult({ folder: out, to });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('the page has blocks of both languages', () => {
  expect(BLOCKS.filter(({ language }) => language === 'python').length).toBeGreaterThan(10);
  expect(BLOCKS.filter(({ language }) => language === 'r').length).toBeGreaterThan(3);
});

it.each(
  BLOCKS.map((block) => [`${block.language}: ${block.needs.join(', ') || 'nothing else'}`, block] as const),
)('%s', (_, block) => {
  for (const program of PROGRAMS[block.language]) {
    const { status, stderr, error } = ran(program, block.code, folder);
    if (error !== undefined || LACKS.test(stderr)) continue;
    expect([status, stderr.split('\n').slice(-4)], block.code).toMatchObject([0, expect.anything()]);
    return;
  }
  console.warn(
    `LEFT OUT: ${block.language} with ${block.needs.join(', ') || 'its own functions'} is not on this machine`,
  );
});
