/**
 * What the toolkit keeps of a script's output for its ErrorMessage: from the first line that holds the name of a
 * known error on, each line once.
 *
 * Source: sagemaker-training-toolkit, `process.py` (`watch`, `check_error`) and its list of Python's errors.
 */

/** What the toolkit looks for beside Python's errors. */
const OTHER_ERROR = /Exception|Invalid requirement|mpirun\.real|ORTE/;

/** What Node.js prints of an error that nobody caught. */
const NODE_ERROR_LINE = /^(?:Uncaught )?(?:[A-Z]\w*)?Error\b/;
/** Where it came from: the log has that. */
const NODE_NOISE = /^\s+at |^Node\.js v\d|^\s*$/;

/** Whose errors are looked for. */
export type CapturedErrors = 'python' | 'node';

/** A failure reason holds 1024 characters: more need not be kept. */
const MAX_KEPT_CHARACTERS = 8192;
const TAIL_LINES = 5;
/** Of a longer line, its beginning counts. */
const MAX_LINE_CHARACTERS = 8192;

class StreamCapture {
  readonly lines = new Set<string>();
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

  #take(whole: string): void {
    if (this.#kept >= MAX_KEPT_CHARACTERS) return;
    const line = whole.slice(0, MAX_LINE_CHARACTERS);
    const node = this.#errors === 'node';
    if (node && NODE_NOISE.test(line)) return;
    if (this.lines.size === 0 && !(node ? NODE_ERROR_LINE.test(line) : namesError(line))) {
      if (line.trim() === '') return;
      this.tail.push(line.trimEnd());
      if (this.tail.length > TAIL_LINES) this.tail.shift();
      return;
    }
    const text = stripped(line);
    if (this.lines.has(text)) return;
    this.lines.add(text);
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

/**
 * Whether a line names an error: a word of letters that begins with a capital one and ends in `Error`. Word by word, so that a
 * long line without a space takes no longer than another.
 */
function namesError(line: string): boolean {
  if (OTHER_ERROR.test(line)) return true;
  return line.split(/\W/).some((word) => {
    const letters = word.endsWith('Error') ? (word.split(/[\d_]/).at(-1) as string) : '';
    return /[A-Z]/.test(letters.slice(0, -'Error'.length));
  });
}

/** Without spaces and colons around it. An expression would look at each run of spaces again and again. */
function stripped(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && ' :\n'.includes(line.charAt(start))) start++;
  while (start < end && ' :\n\r'.includes(line.charAt(end - 1))) end--;
  return line.slice(start, end);
}

/** As the toolkit joins lines: each but the first begins with a space. */
function joined(lines: ReadonlySet<string>): string {
  return [...lines].map((line) => `${line}\n`).join(' ');
}
