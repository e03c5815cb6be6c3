import { expect, test } from 'vitest';
import { verifyProgress } from './verify-progress.js';

/** What is written to a stream. */
function drawn(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const { show, end } = verifyProgress(stream, () => time);
  return {
    written,
    end,
    at(ms: number, done: number) {
      time = ms;
      show({ what: 'checkpoints', done, total: 142 });
    },
  };
}

test('on a terminal a line is drawn at most ten times a second, and removed at the end', () => {
  const { written, at, end } = drawn(true);
  at(1000, 1);
  at(1050, 2);
  at(1100, 57);
  end();
  expect(written).toEqual([
    '\r\x1b[2Kchecking checkpoints: 0% (1 of 142)',
    '\r\x1b[2Kchecking checkpoints: 40% (57 of 142)',
    '\r\x1b[2K',
  ]);
});

test('elsewhere nothing is written', () => {
  const { written, at, end } = drawn(false);
  at(1000, 1);
  end();
  expect(written).toEqual([]);
});
