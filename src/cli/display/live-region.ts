import { stripVTControlCharacters } from 'node:util';

/** A part of a terminal. */
export interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** The last lines of a terminal, drawn again and again in the same place. Colours are kept, long lines cut. */
export class LiveRegion {
  readonly #stream: TerminalStream;
  #height = 0;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** Draws the lines in place of those drawn before. At most a screen of them. */
  draw(lines: readonly string[]): void {
    const { columns = 80, rows = 24 } = this.#stream;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns - 1));
    this.#stream.write(`${this.#erase()}${shown.map((line) => `${line}\n`).join('')}`);
    this.#height = shown.length;
  }

  /** Takes the region away; what was printed before it stays. */
  clear(): void {
    this.#stream.write(this.#erase());
    this.#height = 0;
  }

  #erase(): string {
    return this.#height === 0 ? '' : `\u001B[${this.#height}A\u001B[J`;
  }
}

/** At most `width` visible characters; a cut line loses its colours and gains an ellipsis. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
