import { printJson } from '../output.ts';

export interface ProgressOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly onlyErrors: boolean;
}

/** Tells of each transfer on stdout, of failures on stderr, and of the whole in one line of a terminal. */
export class TransferDisplay {
  readonly #options: ProgressOptions;
  #objects = 0;
  #bytes = 0;
  #failures = 0;
  #drawn = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  onBytes(bytes: number): void {
    this.#bytes += bytes;
    const { json, quiet, onlyErrors } = this.#options;
    if (json || quiet || onlyErrors || !process.stderr.isTTY || performance.now() - this.#drawn < 100) return;
    this.#drawn = performance.now();
    process.stderr.write(`\r\u001b[K${formatBytes(this.#bytes)}, ${this.#objects} done`);
  }

  done(action: string, source: string, target?: string): void {
    this.#objects++;
    const { json, dryRun, quiet, onlyErrors } = this.#options;
    if (quiet || onlyErrors) return;
    this.#clear();
    if (json)
      return printJson({
        action,
        source,
        ...(target !== undefined && { target }),
        ...(dryRun && { dryRun }),
      });
    process.stdout.write(
      `${dryRun ? '(dryrun) ' : ''}${action}: ${source}${target === undefined ? '' : ` to ${target}`}\n`,
    );
  }

  failed(action: string, source: string, message: string): void {
    this.#failures++;
    if (this.#options.quiet) return;
    this.#clear();
    process.stderr.write(`${action} failed: ${source}: ${message}\n`);
  }

  #clear(): void {
    if (this.#drawn > 0) process.stderr.write('\r\u001b[K');
    this.#drawn = 0;
  }
}

/** `1.5 MiB`, as the AWS CLI writes it. */
export function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? 'Byte' : 'Bytes'}`;
  let value = bytes;
  let unit = '';
  for (unit of units) {
    value /= 1024;
    if (value < 1024) break;
  }
  return `${value.toFixed(1)} ${unit}`;
}
