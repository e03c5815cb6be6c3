// `npm run test:matrix`: the tests of every package on Node 20, 22 and 24, and a table package × version.
// The binaries come from the npm package `node`, kept in the git-ignored folder .matrix/.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, setUp } from '../workspace/setup.mjs';

const MAJORS = [20, 22, 24];
const folder = join(root, '.matrix');
const sayVersion = fileURLToPath(new URL('say-version.cjs', import.meta.url));

/** The path of a Node binary of a major version, installed where it is missing. */
function nodeOf(major) {
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  const project = join(folder, String(major));
  const binary = join(project, 'node_modules/node/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  // The package's own script links the binary of this platform, which is a package of its own.
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${major}`];
  execFileSync('npm', args, { cwd: project, stdio: 'inherit' });
  return binary;
}

/** Runs one package's tests with one Node, child processes too: what passed, what failed, and the versions that ran. */
function testsOf(name, binary) {
  const report = join(folder, 'report.json');
  const versions = join(folder, 'versions.txt');
  rmSync(report, { force: true });
  writeFileSync(versions, '');
  chmodSync(versions, 0o666); // some tests start a process as another user
  const env = {
    ...process.env,
    PATH: dirname(binary) + delimiter + process.env.PATH,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(sayVersion)}`,
    MATRIX_VERSIONS: versions,
  };
  const args = ['node_modules/vitest/vitest.mjs', 'run', `${name}/`, '--reporter=default', '--reporter=json'];
  const { status, stdout, stderr } = spawnSync(binary, [...args, `--outputFile.json=${report}`], {
    cwd: root,
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 30,
  });
  const counts = existsSync(report) ? readFileSync(report, 'utf8') : '{}';
  const { numPassedTests: passed = 0, numFailedTests = 0 } = JSON.parse(counts);
  // A file that does not load and an error outside of any test fail the run and not a test.
  const failed = Math.max(numFailedTests, status === 0 && passed > 0 ? 0 : 1);
  const seen = new Set(readFileSync(versions, 'utf8').trim().split('\n'));
  return { passed, failed, output: stdout + stderr, versions: [...seen].join(' and ') };
}

setUp();
mkdirSync(folder, { recursive: true });
const names = ['packages', 'apps'].flatMap((top) =>
  readdirSync(join(root, top)).map((name) => `${top}/${name}`),
);
const binaries = MAJORS.map(nodeOf);
const expected = binaries.map((binary) => execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim());
let bad = false;
const rows = names.map((name) => [
  name,
  ...binaries.map((binary, column) => {
    const { passed, failed, output, versions } = testsOf(name, binary);
    const stray = versions === expected[column] ? '' : ` RAN ON ${versions}`;
    bad ||= failed > 0 || stray !== '';
    const cell = `${passed} passed, ${failed} ${failed > 0 ? 'FAILED' : 'failed'}${stray}`;
    console.error(`${name} on ${expected[column]}: ${cell}${failed > 0 || stray ? `\n${output}` : ''}`);
    return cell;
  }),
]);
const table = [['package', ...expected], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
process.exit(bad ? 1 : 0);
