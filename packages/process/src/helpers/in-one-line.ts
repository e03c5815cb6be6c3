/** The most characters of a message to show. */
const MOST = 200;

/**
 * A trial's error text as one line.
 *
 * @param message the error's message. A failed check in ONNX Runtime begins with its source line; the cause comes last.
 * @param stderr ONNX Runtime's own output: only this names the library that could not be loaded.
 */
export function inOneLine(message: string, stderr: string): string {
  const library = /with error: (.*)/.exec(stderr)?.[1];
  const cause =
    message.includes('load shared library') && library ? library.replace(/^\/\S*\//, '') : message;
  // CUDA's message is between C++ signatures and source locations.
  const cuda = /CUDA failure \d+: [^;]+/.exec(cause)?.[0];
  const last = cuda ?? cause.split(/ was false\. /).at(-1) ?? cause;
  const line = last.replace(/\s+/g, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
