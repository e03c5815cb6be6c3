/** Characters of a message that are shown. */
const MOST = 200;

/**
 * What a provider's trial said, as one line.
 *
 * @param message what was thrown; a check that failed in ONNX Runtime begins with the source line, and says what matters last.
 * @param stderr what ONNX Runtime wrote itself: there, and only there, it names the library that could not be loaded.
 */
export function inOneLine(message: string, stderr: string): string {
  const library = /with error: (.*)/.exec(stderr)?.[1];
  const cause =
    message.includes('load shared library') && library ? library.replace(/^\/\S*\//, '') : message;
  // CUDA's own words stand between C++ signatures and places in the source.
  const cuda = /CUDA failure \d+: [^;]+/.exec(cause)?.[0];
  const last = cuda ?? cause.split(/ was false\. /).at(-1) ?? cause;
  const line = last.replace(/\s+/g, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
