import { workerChannel } from '../dist/index.js';

// A worker that misbehaves in the way its argument names.
const mode = process.argv[2];
const channel = workerChannel(process);
const forever = () => {
  for (;;);
};

await channel.send({ type: 'ready' });
const { shard } = await channel.next();

if (mode === 'quits') process.exit(0);

if (mode === 'floods') {
  const lines =
    'nobody will ever read this line of a hundred characters; it is printed as fast as the pipe allows...\n';
  const many = lines.repeat(10_000);
  for (let i = 0; i < 100; i++) {
    if (!process.stdout.write(many)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  await new Promise((resolve) => process.stdout.write('the flood is over\n', resolve));
}

if (mode === 'blocked' || mode === 'ignores') {
  await channel.send({ type: 'progress', shard, sequences: 1 });
  if (mode === 'blocked') forever();
  // Keeps running despite stop messages and signals, and prints the signals.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => console.log(`heard ${signal}`));
  setInterval(() => undefined, 1000);
  await new Promise(() => undefined);
}

await channel.send({ type: 'complete', shard });
if (mode === 'stays-blocked') forever();
if (mode === 'stays') {
  // It ignores all further messages.
  setInterval(() => undefined, 1000);
  await new Promise(() => undefined);
}
await channel.next();
process.exit(0);
