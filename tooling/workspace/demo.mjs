// `npm run demo`: set-up, then a real virus genome through the command; prints where the result is and its first row.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
const genome = join(root, 'apps/runner/data/lambda_virus.fa.gz');
const out = join(root, 'demo-out');
run('node_modules/.bin/holdfast', ['embed', genome, '--out', out]);

const result = join(out, 'embeddings.safetensors');
const file = openSync(result, 'r');
const head = Buffer.alloc(8);
readSync(file, head, 0, 8, 0);
const json = Buffer.alloc(Number(head.readBigUInt64LE()));
readSync(file, json, 0, json.length, 8);
const { embeddings, __metadata__ } = JSON.parse(json.toString());
const dim = embeddings.shape[1];
const row = Buffer.alloc(dim * 4);
readSync(file, row, 0, row.length, 8 + json.length);
closeSync(file);
const numbers = Array.from({ length: dim }, (_, i) => row.readFloatLE(i * 4));
const id = readFileSync(join(out, 'ids.txt'), 'utf8').split('\n')[0];
const columns = __metadata__.columns.split(',');

console.log(`\nresult:    ${result}  (float32 [${embeddings.shape}])`);
console.log(`IDs:       ${join(out, 'ids.txt')}`);
console.log(`first row: ${id}`);
console.log(numbers.map((value, i) => `${columns[i]} ${value.toFixed(6)}`).join('  '));
