// Runs a task of every package; pnpm, which turbo looks for, need not be installed.
// usage: node turbo.mjs build|declarations
import { pnpm } from './setup.mjs';

pnpm('exec', 'turbo', 'run', ...process.argv.slice(2));
