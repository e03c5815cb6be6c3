import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
const outcomes = {};
for (let run = Number(from); run < Number(to); run++) {
  if (run % 100 === 0) process.send({ run });
  const random = new Random(Number(seed), run);
  const bytes = mutation(random, fixtures);
  try {
    const outcome = await attempt(pt, bytes, random);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  } catch (error) {
    process.send({ run, failure: error?.stack ?? String(error) });
  }
}
process.send({ outcomes, peakKib: process.resourceUsage().maxRSS });
process.disconnect();
