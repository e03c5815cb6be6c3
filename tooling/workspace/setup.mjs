// The whole set-up on a machine with only Node 20 and npm: installs what the lockfile names, then builds every package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', npm_config_loglevel: 'error' };

/** Runs a workspace command with pnpm, installed or not; exits if it fails. */
export function pnpm(...args) {
  run('npx', ['-y', packageManager, ...args]);
}

/** Runs a command at the root; exits with its exit code if it fails. */
export function run(command, args, extra = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...env, ...extra },
    stdio: 'inherit',
  });
  if (status === 0) return;
  if (error) console.error(`${command}: ${error.message}`);
  console.error(`failed: ${[command, ...args].join(' ')}`);
  process.exit(status ?? 1);
}

export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 15)) {
    console.error(`Holdfast needs Node 20.15 or newer; this is ${process.version}`);
    process.exit(2);
  }
  const stamp = `${root}/node_modules/.holdfast-installed`;
  const lock = createHash('sha256')
    .update(readFileSync(`${root}/pnpm-lock.yaml`))
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    pnpm('install', '--frozen-lockfile', '--reporter=append-only');
    writeFileSync(stamp, lock);
  }
  console.log('Holdfast: building its packages, which takes a minute or two the first time');
  const begun = new Date();
  pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
  // Tests compare this stamp with the sources.
  const built = `${root}/node_modules/.holdfast-built`;
  writeFileSync(built, '');
  utimesSync(built, begun, begun);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setUp();
