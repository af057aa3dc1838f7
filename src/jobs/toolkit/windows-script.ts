import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { relativeToMl } from '../../contract/paths.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';
import { placeInJob } from './place-in-job.ts';

const HEAD_BYTES = 1 << 16;

/** Says of a shell script with the line ends of Windows what its failure comes from. */
export async function explainWindowsScript(
  program: HostProgram,
  options: Pick<PrepareProgramOptions, 'host' | 'mounts'>,
): Promise<HostProgram> {
  const script = await findWindowsScript(program, options);
  if (script === undefined) return program;
  const advice = `${script} has the line ends of Windows (CRLF), which a shell does not understand. Convert it: sed -i 's/\\r$//' ${posix.basename(script)}`;
  return {
    ...program,
    conclude(given) {
      const end = program.conclude?.(given) ?? given;
      if (end.exitCode === 0) return end;
      options.host.log.note(advice);
      return { ...end, failure: end.failure === undefined ? advice : `${end.failure}\n${advice}` };
    },
  };
}

async function findWindowsScript(
  { command, workingDirectory = '/' }: HostProgram,
  { host, mounts }: Pick<PrepareProgramOptions, 'host' | 'mounts'>,
): Promise<string | undefined> {
  const paths = command
    .flatMap((element) => element.split(/\s+/))
    .filter((word) => word.startsWith('/') || word.startsWith('./'))
    .map((word) => posix.resolve(workingDirectory, word))
    .filter((path) => relativeToMl(path) !== undefined);
  for (const path of paths) {
    const head = await readHead(placeInJob(host, mounts, path));
    if ((head.startsWith('#!') || /\.(?:ba)?sh$/.test(path)) && head.includes('\r\n')) return path;
  }
  return undefined;
}

/** The beginning of a file; '' of anything else. A link is none: the code may be anybody's. */
async function readHead(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}
