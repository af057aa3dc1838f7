import { AsyncLocalStorage } from 'node:async_hooks';
import type { FunctionContext, TaskFunction } from '../engine/index.ts';

type Functions = Readonly<Record<string, TaskFunction>>;

/** What functions print, caught. */
export interface OutputCapture {
  /** The same functions; what they print goes to `onLine`. */
  wrap(functions: Functions): Functions;
  /** Gives stdout and stderr back; what is left without a line's end is told. */
  close(): void;
}

/**
 * Catches what the functions of tasks print, by `console.log` or otherwise: they run in this very process, whose own
 * output must stay whole. What else prints goes through.
 *
 * @param onLine takes a whole line of a node
 */
export function captureOutput(onLine: (node: string, line: string) => void): OutputCapture {
  const running = new AsyncLocalStorage<string>();
  const rests = new Map<string, string>();
  const take = (node: string, text: string): void => {
    const lines = `${rests.get(node) ?? ''}${text}`.split('\n');
    rests.set(node, lines.pop() ?? '');
    // What shows a line prints, too.
    running.exit(() => {
      for (const line of lines) onLine(node, line.replace(/\r$/, ''));
    });
  };
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream, write } of streams) {
    stream.write = (chunk: Uint8Array | string, ...others: unknown[]) => {
      const node = running.getStore();
      if (node === undefined) return Reflect.apply(write, stream, [chunk, ...others]) as boolean;
      take(node, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = others.findLast((each) => typeof each === 'function') as (() => void) | undefined;
      if (done) process.nextTick(done);
      return true;
    };
  }
  return {
    wrap: (functions) =>
      Object.fromEntries(
        Object.entries(functions).map(([name, run]) => [
          name,
          (inputs: never, context: never) =>
            running.run((context as FunctionContext).node, () => run(inputs, context)),
        ]),
      ),
    close: () => {
      for (const { stream, write } of streams) stream.write = write;
      for (const [node, rest] of rests) if (rest !== '') onLine(node, rest);
      rests.clear();
    },
  };
}
