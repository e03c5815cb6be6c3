import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAll } from './drive.mjs';
import { fixtureOf, mutation } from './mutate.mjs';
import { Random } from './random.mjs';
import { attempt } from './try.mjs';

// Runs mutations FROM to TO of a seed on the package at PACKAGE; tells its parent of each hundred, and of a finding.
const [packageUrl, folder, seed, from, to] = process.argv.slice(2);
const pt = await import(packageUrl);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.pt'))
  .sort()
  .map((name) => fixtureOf(readFileSync(join(folder, name))));
await runAll({
  seed: Number(seed),
  from: Number(from),
  to: Number(to),
  run(at, seed) {
    const random = new Random(seed, at);
    return attempt(pt, mutation(random, fixtures), random);
  },
});
