import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { SluiceError } from '../../core/errors.ts';
import { CREATED_FD, MAPPED_FD, STATUS_FD } from './sandbox-arguments.ts';

/** The first process of the sandbox, as this machine sees it, once bubblewrap has told it. */
export function readStatus(child: ChildProcess) {
  let text = '';
  pipeAt(child, STATUS_FD)
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
    });
  return {
    firstProcess(): number | undefined {
      const match = /"child-pid": (\d+)/.exec(text);
      return match ? Number(match[1]) : undefined;
    },
    /** bubblewrap tells an exit code only of a command that it could start. */
    ran: () => text.includes('"exit-code"'),
  };
}

/** Writes a whole file for bubblewrap. */
export function writeAll(child: ChildProcess, fd: number, content: string | Uint8Array): void {
  const stream = pipeAt(child, fd);
  // bubblewrap may have ended before it read everything; its exit tells why.
  stream.on('error', () => undefined);
  stream.end(content);
}

/** What is connected to a descriptor. Node's types know the first five only. */
export function pipeAt(child: ChildProcess, fd: number): Duplex {
  return (child.stdio as unknown as readonly Duplex[])[fd] as Duplex;
}

/** Arguments as bubblewrap reads them from a file. @throws SluiceError `InvalidArgument` for a value that holds a NUL */
export function nulSeparated(values: readonly string[]): string {
  // A value that holds a NUL would go on as an argument of bubblewrap.
  const broken = values.find((value) => value.includes('\0'));
  if (broken !== undefined) {
    const shown = JSON.stringify(broken);
    throw new SluiceError('InvalidArgument', `A path or environment value of the job holds a NUL: ${shown}`);
  }
  return values.map((value) => `${value}\0`).join('');
}

/**
 * Has the ids of a sandbox mapped before anything runs in it. A sandbox whose ids cannot be mapped ends.
 *
 * @param map what to do with its first process
 * @param onFailure told what that has thrown
 */
export function onceCreated(
  child: ChildProcess,
  map: (firstProcess: number) => void,
  onFailure: (error: unknown) => void,
): void {
  let text = '';
  pipeAt(child, CREATED_FD)
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
      const pid = /"child-pid": (\d+)[^]*\}/.exec(text)?.[1];
      if (pid === undefined) return;
      text = '';
      try {
        map(Number(pid));
        writeAll(child, MAPPED_FD, '.');
      } catch (error) {
        onFailure(error);
        child.kill('SIGKILL');
      }
    });
}
