import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { workerChannel } from '../dist/index.js';

// A worker whose behaviour is its first argument; the second may be a socket on which to report its end.
const [mode, socketPath] = process.argv.slice(2);
const channel = workerChannel(process);
const socket = socketPath === undefined ? null : connect(socketPath);

let shard = null;
channel.onStop(async (reason) => {
  if (mode === 'deaf') return;
  // A dead coordinator's pipe breaks soon after its channel: write until it does and the error has been handled.
  let broken = null;
  do {
    broken = await new Promise((resolve) => process.stdout.write(`saving, since ${reason}\n`, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  } while (socket !== null && !broken);
  if (shard !== null) {
    const file = 'batch_00000.pt';
    await channel.send({ type: 'checkpoint', shard, checkpoint: 0, sequences: 5, file, reason });
  }
  if (socket === null) process.exit(143);
  socket.end(`saved, since ${reason}`, () => process.exit(143));
});

if (mode === 'unstartable') process.exit(9);
await channel.send({ type: 'ready' });
for (;;) {
  const message = await channel.next();
  if (message.type === 'finish') process.exit(0);
  shard = message.shard;
  if (mode === 'outlived') {
    // Prints to this process's standard output after it is gone.
    spawn('sh', ['-c', 'cat; sleep 0.2; echo late'], { stdio: ['pipe', 'inherit', 'inherit'] });
    await channel.send({ type: 'complete', shard });
    continue;
  }
  if (mode === 'crash') process.exit(1);
  if (mode === 'talk') {
    console.log('x'.repeat(200_000));
    console.error(`slot ${process.env.SLOT}`);
    for (let i = 0; i < 5000; i++) console.log(`line ${i}`);
    await new Promise((resolve) => process.stdout.write('no end', resolve));
    await channel.send({ type: 'complete', shard });
    continue;
  }
  await channel.send({ type: 'progress', shard, sequences: 5 });
  if (mode === 'hangs-up' && message.attempt === 1) process.disconnect();
  // The first attempt runs until something ends it.
  if (message.attempt > 1 || mode === 'quick') await channel.send({ type: 'complete', shard });
}
