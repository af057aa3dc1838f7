import type { PipeProgress } from '../../channels/index.ts';
import { LiveRegion } from '../display/live-region.ts';
import { formatBytes } from '../s3/progress.ts';

const DRAW_EVERY_MS = 100;

/** One line for each channel on a terminal's stderr; elsewhere, with `debug`, a line for each epoch. */
export class PipeProgressDisplay {
  readonly #region = process.stderr.isTTY ? new LiveRegion(process.stderr) : undefined;
  readonly #lines = new Map<string, PipeProgress>();
  readonly #started = performance.now();
  readonly #debug: boolean;
  #drawn = 0;

  constructor(debug: boolean) {
    this.#debug = debug;
  }

  update(channel: string, progress: PipeProgress): void {
    const before = this.#lines.get(channel);
    this.#lines.set(channel, progress);
    if (this.#debug && before?.epoch !== progress.epoch)
      this.debug(`${channel}: epoch ${progress.epoch} is read`);
    if (performance.now() - this.#drawn < DRAW_EVERY_MS) return;
    this.#drawn = performance.now();
    this.#region?.draw([...this.#lines].map(([name, each]) => this.#line(name, each)));
  }

  /** A line for `-d`. */
  debug(text: string): void {
    if (!this.#debug) return;
    this.#region?.clear();
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    this.#region?.clear();
  }

  /** What went through, for the end. */
  summary(): { channel: string; epochs: number; objects: number; bytes: number }[] {
    return [...this.#lines].map(([channel, { epoch, objects, bytes }]) => ({
      channel,
      epochs: epoch + 1,
      objects,
      bytes,
    }));
  }

  #line(channel: string, { epoch, objects, bytes }: PipeProgress): string {
    const seconds = Math.max(0.001, (performance.now() - this.#started) / 1000);
    const parts = [
      `epoch ${epoch}`,
      `${objects} objects`,
      formatBytes(bytes),
      `${formatBytes(bytes / seconds)}/s`,
    ];
    return `${channel}  ${parts.join('  ')}`;
  }
}
