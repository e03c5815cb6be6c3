/** Prints a line of JSON on a helper's standard output, whose last line is its report. @param then called once it is written. */
export const print = (line: object, then?: () => void): void =>
  void process.stdout.write(`\n${JSON.stringify(line)}\n`, then);
