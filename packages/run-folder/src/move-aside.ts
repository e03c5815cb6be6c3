import { isThere, renameDurably } from '@holdfast/durable';

/**
 * Moves a damaged file or folder aside: adds `.corrupt` to its name, and a number if that name is taken. Nothing is deleted.
 *
 * @returns the new path.
 */
export async function moveAside(path: string): Promise<string> {
  for (let n = 0; ; n++) {
    const aside = `${path}.corrupt${n === 0 ? '' : `.${n}`}`;
    if (isThere(aside)) continue;
    await renameDurably(path, aside);
    return aside;
  }
}
