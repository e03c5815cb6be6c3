/** A seedable source of chance (xorshift128, its state mixed from the seed by splitmix32): the same numbers everywhere. */
export class Random {
  #state = new Uint32Array(4);

  constructor(...seeds) {
    let mixed = 0x9e3779b9;
    for (const seed of seeds) mixed = mix(mixed ^ mix(seed >>> 0));
    for (let i = 0; i < 4; i++) this.#state[i] = mix(mixed + i * 0x9e3779b9) | 1;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below) {
    const s = this.#state;
    let t = s[3];
    const first = s[0];
    s[3] = s[2];
    s[2] = s[1];
    s[1] = first;
    t ^= t << 11;
    t ^= t >>> 8;
    s[0] = t ^ first ^ (first >>> 19);
    return Math.floor((s[0] / 2 ** 32) * below);
  }

  /** True once in `times`. */
  once(times) {
    return this.below(times) === 0;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  bytes(length) {
    return Buffer.from(Uint8Array.from({ length }, () => this.below(256)));
  }
}

function mix(value) {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
