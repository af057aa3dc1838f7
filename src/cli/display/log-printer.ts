import { stripVTControlCharacters } from 'node:util';
import { writeOut } from '../../core/standard-streams.ts';

/** Prints a log: of a progress bar there is one line. */
export interface LogPrinter {
  /**
   * @param overwritten the next line takes its place
   * @returns false once nobody reads any more
   */
  line(text: string, overwritten?: boolean): Promise<boolean>;
  /** Before something else is printed: the line that is open ends. */
  end(): void;
}

/** A line that wraps could not be erased. */
function cut(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length < columns ? text : plain.slice(0, columns - 1);
}

const ERASE = '\r\u001B[2K';

/** On a terminal a bar moves in its line; in a pipe or a file its last state is printed. */
export function createLogPrinter(): LogPrinter {
  const { stdout } = process;
  let open = false;
  return {
    line: (text, overwritten = false) => {
      if (overwritten && !stdout.isTTY) return Promise.resolve(true);
      const before = open ? ERASE : '';
      open = overwritten;
      return writeOut(`${before}${overwritten ? cut(text, stdout.columns) : `${text}\n`}`);
    },
    end: () => {
      if (open) stdout.write('\n');
      open = false;
    },
  };
}
