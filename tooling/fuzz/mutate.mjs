import { program } from './pickles.mjs';
import { unzip, zip } from './zip.mjs';

/** Values that sizes and counts like to go wrong at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Damages bytes in one to four places: `others` are what may be spliced in. */
export function damage(random, bytes, others) {
  let out = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0 && out.length > 0; times--) {
    const at = random.below(out.length);
    switch (random.below(7)) {
      case 0:
        out[at] ^= 1 << random.below(8);
        break;
      case 1:
        out[at] = random.below(256);
        break;
      case 2:
        out = out.subarray(0, at);
        break;
      case 3: {
        const edge = Buffer.alloc(8);
        edge.writeUInt32LE(random.pick(EDGES));
        edge.subarray(0, random.pick([1, 2, 4, 8])).copy(out, at);
        break;
      }
      case 4: {
        const from = random.pick(others);
        const start = random.below(from.length);
        const piece = from.subarray(start, start + random.below(64));
        out = Buffer.concat([
          out.subarray(0, at),
          piece,
          out.subarray(at + (random.once(2) ? piece.length : 0)),
        ]);
        break;
      }
      case 5: {
        const to = random.below(out.length);
        out.copyWithin(to, at, at + random.below(64));
        break;
      }
      default:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + random.below(8))]);
    }
  }
  return out;
}

/** Makes the run `k` of a seed: damaged files, damaged members under right checksums, and made-up pickles. */
export function mutation(random, fixtures) {
  const { bytes, members } = random.pick(fixtures);
  const all = fixtures.map((fixture) => fixture.bytes);
  const kind = random.below(10);
  if (kind < 3 || !members) return damage(random, bytes, all);
  if (kind < 4) {
    const storage = { name: 'a/data/0', bytes: Buffer.from('abcdef') };
    const version = { name: 'a/version', bytes: Buffer.from('3\n') };
    return zip([{ name: 'a/data.pkl', bytes: program(random) }, storage, version]);
  }
  // Mostly the pickle: its opcodes, not the container, are where most can go wrong.
  const target = random.once(4) ? random.below(members.length) : 0;
  const pickles = fixtures.flatMap((fixture) => (fixture.members ? [fixture.members[0].bytes] : []));
  const changed = members.map((member, i) => {
    if (i !== target) return member;
    const whole = random.once(12) ? program(random) : damage(random, member.bytes, pickles);
    return { name: random.once(20) ? `${member.name}/../x` : member.name, bytes: whole };
  });
  if (random.once(30)) changed.push(random.pick(changed));
  return zip(changed);
}

/** A fixture with its members, where it is a zip. */
export function fixtureOf(bytes) {
  return { bytes, members: unzip(bytes) };
}
