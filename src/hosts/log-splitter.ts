/** Longest line kept as one: CloudWatch Logs takes events of at most 256 KiB. Longer ones are cut. Bytes. */
export const MAX_LINE_BYTES = 256 * 1024;

/**
 * Takes whole lines, without their ends. `latin1` keeps every byte: decode with {@link decodeLine}. `overwritten` has the
 * indices of steps of a progress bar that the next line took the place of, where there are any.
 */
export type LineSink = (lines: readonly string[], overwritten?: ReadonlySet<number>) => void;

/**
 * Cuts a stream of bytes into lines. `\n`, `\r\n` and a lone `\r` end a line, so that each step of a progress bar
 * is a line of its own and none is lost. Holds at most {@link MAX_LINE_BYTES}.
 */
export class LogSplitter {
  readonly #sink: LineSink;
  #rest = '';

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** Takes bytes as they come. */
  push(chunk: Buffer): void {
    const text = this.#rest + chunk.toString('latin1');
    const lines = text.includes('\r') ? splitWithReturns(text) : text.split('\n');
    this.#rest = lines.pop() as string;
    if (text.length > MAX_LINE_BYTES) this.#deliverCut(lines);
    else if (lines.length > 0) this.#deliver(lines);
  }

  #deliverCut(lines: readonly string[]): void {
    const rest = cutLine(this.#rest);
    this.#rest = rest.pop() as string;
    const cut = [...lines.flatMap(cutLine), ...rest];
    if (cut.length > 0) this.#deliver(cut);
  }

  #deliver(lines: readonly string[]): void {
    const steps = new Set<number>();
    const plain = lines.map((line, index) => {
      if (!line.endsWith('\r')) return line;
      steps.add(index);
      return line.slice(0, -1);
    });
    if (steps.size === 0) this.#sink(lines);
    else this.#sink(plain, steps);
  }

  /** Delivers a last line that has no end. */
  end(): void {
    const rest = this.#rest.replace(/\r$/, '');
    this.#rest = '';
    if (rest !== '') this.#sink([rest]);
  }
}

/** The text of a line that came as `latin1`. */
export function decodeLine(line: string): string {
  return isAscii(line) ? line : Buffer.from(line, 'latin1').toString('utf8');
}

function isAscii(line: string): boolean {
  for (let index = 0; index < line.length; index++) if (line.charCodeAt(index) > 127) return false;
  return true;
}

/** A `\r` at the very end stays with the rest: the `\n` of `\r\n` may follow. Empty steps of a bar are dropped. */
function splitWithReturns(text: string): string[] {
  const pending = text.endsWith('\r') ? '\r' : '';
  const whole = pending === '' ? text : text.slice(0, -1);
  const parts = whole.replaceAll('\r\n', '\n').split('\n');
  const rest = progressSteps(parts.pop() as string);
  const tail = rest.pop() ?? '';
  return [...parts.flatMap(progressSteps), ...rest, tail + pending];
}

/** All but the last keep their `\r`: they are overwritten. */
function progressSteps(line: string): string[] {
  if (!line.includes('\r')) return [line];
  const steps = line.split('\r').filter((step) => step !== '');
  return steps.map((step, index) => (index === steps.length - 1 ? step : `${step}\r`));
}

/** A line in pieces of at most {@link MAX_LINE_BYTES}. */
function cutLine(line: string): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > MAX_LINE_BYTES) {
    const cut = characterBoundary(rest, MAX_LINE_BYTES);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...pieces, rest];
}

/** The greatest index up to `index` that does not lie inside a UTF-8 character. */
function characterBoundary(line: string, index: number): number {
  let cut = index;
  while (cut > index - 4 && (line.charCodeAt(cut) & 0xc0) === 0x80) cut--;
  return cut;
}
