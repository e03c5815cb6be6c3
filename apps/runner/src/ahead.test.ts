import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ahead } from './ahead.js';

/** Goes through items whose calls end when told, and notes what happens in which order. */
function told<T>() {
  const said: string[] = [];
  const ends = new Map<T, { resolve(value: T): void; reject(error: Error): void }>();
  const calls = (items: Iterable<T>) =>
    ahead(
      items,
      async (item) => {
        said.push(`read ${item}`);
        return item;
      },
      (item) => {
        said.push(`call ${item}`);
        return new Promise<T>((resolve, reject) => ends.set(item, { resolve, reject }));
      },
    );
  return { said, ends, calls };
}

test('the next item is read and called for while one is under way, and not the one after it', async () => {
  const { said, ends, calls } = told<number>();
  const iterator = calls([1, 2, 3, 4]);
  for (const item of [1, 2, 3, 4]) {
    const coming = iterator.next();
    await settled();
    const begun = Math.min(4, item + 1);
    expect(said.slice(-2)).toEqual([`read ${begun}`, `call ${begun}`]);
    ends.get(item)!.resolve(item);
    const { value } = await coming;
    expect(await value!.result).toBe(item);
  }
  expect((await iterator.next()).done).toBe(true);
  expect(said).toHaveLength(8);
});

test('all items come in order whatever their calls do, up to the first that fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 8 }), async (plan) => {
      const call = async (item: number) => {
        const [turns, good] = plan[item]!;
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        if (!good) throw new Error(`${item}`);
        return item;
      };
      const came: unknown[] = [];
      for await (const { result } of ahead(plan.keys(), async (item) => item, call)) {
        try {
          came.push(await result);
        } catch (error) {
          came.push((error as Error).message);
          break;
        }
      }
      const bad = plan.findIndex(([, good]) => !good);
      const whole = [...plan.keys()];
      expect(came).toEqual(bad < 0 ? whole : [...whole.slice(0, bad), `${bad}`]);
    }),
  );
});

test('after a failure none is begun, and what was under way may fail unseen', async () => {
  const { said, ends, calls } = told<number>();
  const iterator = calls([1, 2, 3]);
  const first = iterator.next();
  await settled();
  ends.get(1)!.reject(new Error('device lost'));
  await expect((await first).value!.result).rejects.toThrow('device lost');
  await iterator.return(undefined);
  ends.get(2)!.reject(new Error('device lost as well'));
  await settled();
  expect(said).not.toContain('read 3');
});

test('what cannot be read fails in its turn', async () => {
  const unreadable = async (item: number) => {
    if (item === 2) throw new Error('the disk is gone');
    return item;
  };
  const came = [];
  for await (const { result } of ahead([1, 2, 3], unreadable, async (item) => item))
    came.push(await result.catch((error: Error) => error.message));
  expect(came).toEqual([1, 'the disk is gone', 3]);
});

test('a stop that comes while one is under way lets the one ahead end, and begins no other', async () => {
  const { said, ends, calls } = told<number>();
  let stopping = false;
  function* items() {
    for (let item = 1; !stopping; item++) yield item;
  }
  const came: number[] = [];
  const through = (async () => {
    for await (const { result } of calls(items())) came.push(await result);
  })();
  await settled();
  ends.get(1)!.resolve(1);
  // It arrives with the next turn of the event loop.
  setImmediate(() => {
    stopping = true;
  });
  await settled();
  ends.get(2)!.resolve(2);
  await through;
  expect(came).toEqual([1, 2]);
  expect(said).toEqual(['read 1', 'call 1', 'read 2', 'call 2']);
});

/** Everything that can go on has. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
