/** The most characters to keep of a helper's output: a flood must not fill the memory. */
const MOST = 1 << 20;

/** The parts of a helper's output that matter: its last line, its current step, and its error text. */
export class HelperOutput {
  /** The step it reported last; null before the first. */
  stage: string | null = null;
  stderr = '';
  #rest = '';
  #last = '';

  /** Takes a piece of standard output. @returns whether it ended a line. */
  printed(text: string): boolean {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!.slice(-MOST);
    for (const line of lines) this.#line(line);
    return lines.length > 0;
  }

  /** Takes a piece of standard error. */
  complained(text: string): void {
    this.stderr = (this.stderr + text).slice(-MOST);
  }

  /** The JSON in the last line that does not name a stage; undefined if it is not JSON. */
  report<T>(): T | undefined {
    this.#line(this.#rest);
    this.#rest = '';
    return parsed(this.#last) as T | undefined;
  }

  #line(line: string): void {
    if (line.trim() === '') return;
    const value = line.startsWith('{"stage":') ? parsed(line) : undefined;
    if (value === undefined) this.#last = line;
    else this.stage = String((value as { stage: unknown }).stage);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
