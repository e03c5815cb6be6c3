/** Characters that are kept of what a helper process prints: one that floods must not fill the memory. */
const MOST = 1 << 20;

/** What a helper process prints, as far as it is needed: its last line, what it does, and what it complains of. */
export class HelperOutput {
  /** What it said that it does next; null before it said anything. */
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

  /** The JSON in the last line that names no stage; undefined where that is none. */
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
