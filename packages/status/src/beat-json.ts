// What the files that tell what a command does have in common. They are written without a sync, so a power cut may leave anything.

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
export const isText = (value: unknown) => typeof value === 'string';
export const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** The object in a text of format 1; nothing else of it is checked. @throws Error that says what is wrong with it. */
export function beatObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error('it is not JSON', { cause });
  }
  if (!isObject(value)) throw new Error('it is not an object');
  const { format } = value as { format?: unknown };
  if (format !== 1) throw new Error(`it has format ${String(format)}, but this version reads 1`);
  return value;
}
