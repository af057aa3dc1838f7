import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real program that reads a FIFO. */
export interface Reader {
  readonly child: ChildProcess;
  /** It has read, and printed, something. */
  readonly started: Promise<unknown>;
  /** Everything that it read, when it has ended. */
  readonly bytes: Promise<Buffer>;
}

/** Starts a program with the path of a FIFO, once that exists, as a training script would. */
export async function startReader(fifo: string, command: readonly string[] = ['cat']): Promise<Reader> {
  await until(() => existsSync(fifo));
  const [program = '', ...args] = command;
  const child = spawn(program, [...args, fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const bytes = new Promise<Buffer>((resolve) => {
    child.once('close', () => resolve(Buffer.concat(pieces)));
  });
  return { child, started: once(child.stdout, 'data'), bytes };
}

export async function readFifo(fifo: string, command?: readonly string[]): Promise<Buffer> {
  return (await startReader(fifo, command)).bytes;
}

export async function until(check: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(5)) if (check()) return;
  throw new Error('It did not happen within a minute.');
}

/** Takes RecordIO apart, by its description alone. */
export function decodeRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.readUInt32LE(at) !== 0xced7230a) throw new Error(`No magic number at ${at}.`);
    const word = bytes.readUInt32LE(at + 4);
    if (word >>> 29 !== 0) throw new Error(`A part of a record at ${at}.`);
    const length = word & 0x1fffffff;
    records.push(bytes.subarray(at + 8, at + 8 + length));
    const end = at + 8 + Math.ceil(length / 4) * 4;
    if (bytes.subarray(at + 8 + length, end).some((byte) => byte !== 0)) throw new Error(`Padding at ${at}.`);
    at = end;
  }
  return records;
}
