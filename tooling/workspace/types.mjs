// `npm run types`: TypeScript, strict, every package, from the sources.
import { pathToFileURL } from 'node:url';
import { run } from './setup.mjs';

export function checkTypes() {
  // All packages at once: each alone would read the types of Node and of the others anew, which takes four times as long.
  run('node_modules/.bin/tsc', ['-p', '.']);
  // The page of the dashboard is for a browser.
  run('node_modules/.bin/tsc', ['-p', 'apps/dashboard']);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) checkTypes();
