/**
 * Proteins of random residues, with lengths as of real ones: log-normal, about 300, at most what ESM-2 reads. The same each time.
 *
 * @param count how many. @returns their residues.
 */
export function proteins(count) {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const length = Math.min(1022, Math.max(20, Math.round(300 * Math.exp(0.6 * normal()))));
    return Array.from({ length }, () => 'ACDEFGHIKLMNPQRSTVWY'[Math.floor(random() * 20)]).join('');
  });
}
