/** The points whose IDs have a text in them, capitals or not; the points whose whole ID it is, if there are any. */
export function foundIds(ids: readonly string[], text: string): number[] {
  if (text === '') return [];
  const whole = ids.flatMap((id, point) => (id === text ? [point] : []));
  if (whole.length > 0) return whole;
  const wanted = text.toLowerCase();
  return ids.flatMap((id, point) => (id.toLowerCase().includes(wanted) ? [point] : []));
}
