import { readBelow } from '../../core/tree/index.ts';
import { jobPlace } from '../../hosts/index.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';

const CHANNELS = '/opt/ml/input/config/inputdataconfig.json';
const LONGEST_CONFIG_BYTES = 1 << 20;
/** Of the output, so much of the end is looked at, characters. */
const TAIL_CHARACTERS = 8192;

/** Says of a program that looked for files of a channel in Pipe mode what its failure comes from. */
export function explainPipeChannel(
  program: HostProgram,
  { host }: Pick<PrepareProgramOptions, 'host'>,
): HostProgram {
  const piped = pipedChannels(host.mlDirectory);
  if (piped.length === 0) return program;
  let tail = '';
  return {
    ...program,
    onOutput(stream, chunk) {
      tail = (tail + chunk.toString('latin1')).slice(-TAIL_CHARACTERS);
      program.onOutput?.(stream, chunk);
    },
    conclude(given) {
      const end = program.conclude?.(given) ?? given;
      const channel = end.exitCode === 0 ? undefined : piped.find((name) => looksForFiles(tail, name));
      if (channel === undefined) return end;
      const advice = `Channel '${channel}' comes in Pipe mode: it has no files, its data are read from the FIFO /opt/ml/input/data/${channel}_0, then …_1 and so on. For files choose the input mode File or FastFile.`;
      host.log.note(advice);
      return { ...end, failure: end.failure === undefined ? advice : `${end.failure}\n${advice}` };
    },
  };
}

/** Of a processing job there are none. */
function pipedChannels(mlDirectory: string): string[] {
  const config = readBelow(jobPlace(mlDirectory, CHANNELS), LONGEST_CONFIG_BYTES)?.toString() ?? '{}';
  const channels = JSON.parse(config) as Record<string, { readonly TrainingInputMode?: string }>;
  return Object.keys(channels).filter((name) => channels[name]?.TrainingInputMode === 'Pipe');
}

/** Whether something that does not exist is named in the channel's directory, which a FIFO's name only begins with. */
function looksForFiles(output: string, channel: string): boolean {
  const place = `/input/data/${channel}`;
  for (let at = output.indexOf(place); at >= 0; at = output.indexOf(place, at + 1)) {
    const isFifo = /^_\d/.test(output.slice(at + place.length, at + place.length + 2));
    if (!isFifo && /No such file|ENOENT|FileNotFound|not found|does not exist/i.test(output)) return true;
  }
  return false;
}
