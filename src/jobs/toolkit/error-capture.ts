/**
 * What the toolkit keeps of a script's output for its ErrorMessage: from the first line that holds the name of a
 * known error on, each line once.
 *
 * Source: sagemaker-training-toolkit, `process.py` (`watch`, `check_error`) and its list of Python's errors.
 */

/** Python's errors, also a script's own, and what else the toolkit looks for. */
const ERROR_LINE = /[A-Z][A-Za-z]*Error\b|Exception|Invalid requirement|mpirun\.real|ORTE/;

/** What Node.js prints of an error that nobody caught. */
const NODE_ERROR_LINE = /^(?:Uncaught )?(?:[A-Z]\w*)?Error\b/;
/** Where it came from: the log has that. */
const NODE_NOISE = /^\s+at |^Node\.js v\d|^\s*$/;

/** Whose errors are looked for. */
export type CapturedErrors = 'python' | 'node';

/** A failure reason holds 1024 characters: more need not be kept. */
const MAX_KEPT_CHARACTERS = 8192;
const TAIL_LINES = 5;
const MAX_LINE_CHARACTERS = 8192;

class StreamCapture {
  readonly lines: string[] = [];
  readonly tail: string[] = [];
  #kept = 0;
  #rest = '';
  readonly #errors: CapturedErrors;

  constructor(errors: CapturedErrors) {
    this.#errors = errors;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('utf8')).split('\n');
    this.#rest = (lines.pop() as string).slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }

  #take(line: string): void {
    if (this.#kept >= MAX_KEPT_CHARACTERS) return;
    const node = this.#errors === 'node';
    if (node && NODE_NOISE.test(line)) return;
    if (this.lines.length === 0 && !(node ? NODE_ERROR_LINE : ERROR_LINE).test(line)) {
      if (line.trim() === '') return;
      this.tail.push(line.trimEnd());
      if (this.tail.length > TAIL_LINES) this.tail.shift();
      return;
    }
    const text = line.replace(/^[ :\n]+|[ :\n\r]+$/g, '');
    if (this.lines.includes(text)) return;
    this.lines.push(text);
    this.#kept += text.length;
  }
}

/** Watches the output of one host's script. */
export class ErrorCapture {
  readonly #streams: Readonly<Record<'stdout' | 'stderr', StreamCapture>>;

  constructor(errors: CapturedErrors = 'python') {
    this.#streams = { stdout: new StreamCapture(errors), stderr: new StreamCapture(errors) };
  }

  /** Takes raw output as it comes. */
  push(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#streams[stream].push(chunk);
  }

  /** The ErrorMessage; where no known error was named, the last lines of stderr. */
  message(): string {
    const { stdout, stderr } = this.#streams;
    stdout.end();
    stderr.end();
    const found = [joined(stdout.lines), joined(stderr.lines)].join(' ').split('\n');
    const text = [...new Set(found)].join('\n').trim();
    return text || stderr.tail.join('\n');
  }
}

/** As the toolkit joins lines: each but the first begins with a space. */
function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join(' ');
}
