// `pnpm test:matrix`: the tests of every package on Node 20, 22 and 24, and a table package × version.
// The binaries come from the npm package `node`, kept in the git-ignored folder .matrix/.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from '../workspace/setup.mjs';

const MAJORS = [20, 22, 24];
const folder = join(root, '.matrix');

/** The path of a Node binary of a major version, installed where it is missing. */
function nodeOf(major) {
  if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
  const project = join(folder, String(major));
  const binary = join(project, 'node_modules/node/bin/node');
  if (!existsSync(binary)) {
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    // The package's own script links the binary of this platform, which is a package of its own.
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${major}`], {
      cwd: project,
      stdio: 'inherit',
    });
  }
  return binary;
}

/** Runs one package's tests with one Node; what passed and failed. */
function testsOf(name, binary, major) {
  const report = join(folder, `report-${major}.json`);
  rmSync(report, { force: true });
  const { stdout, stderr } = spawnSync(
    binary,
    ['node_modules/vitest/vitest.mjs', 'run', `${name}/`, '--reporter=json', `--outputFile=${report}`],
    { cwd: root, encoding: 'utf8', env: { ...process.env, HOLDFAST_NODE: binary } },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, output: stdout + stderr };
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ fullName, failureMessages }) =>
      failureMessages.map((text) => `${fullName}\n${text}`),
    ),
  ]);
  const failed = Math.max(numFailedTests, numFailedTestSuites > 0 || numPassedTests === 0 ? 1 : 0);
  return { passed: numPassedTests, failed, output: failures.filter(Boolean).join('\n') };
}

setUp();
mkdirSync(folder, { recursive: true });
const names = ['packages', 'apps'].flatMap((top) =>
  readdirSync(join(root, top)).map((name) => `${top}/${name}`),
);
const binaries = MAJORS.map((major) => ({ major, binary: nodeOf(major) }));
const versions = binaries.map(({ binary }) =>
  execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim(),
);
let failed = 0;
const rows = names.map((name) => [
  name,
  ...binaries.map(({ major, binary }) => {
    const result = testsOf(name, binary, major);
    failed += result.failed;
    if (result.failed > 0) console.error(`${name} on Node ${major}:\n${result.output}`);
    return result.failed > 0 ? `${result.passed} passed, ${result.failed} FAILED` : `${result.passed} passed`;
  }),
]);
const table = [['package', ...versions], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  '));
process.exit(failed > 0 ? 1 : 0);
