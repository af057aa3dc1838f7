import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type PipeChannel, type Stores, startPipe } from '../../channels/index.ts';
import { SluiceError } from '../../core/errors.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import { makeNamedDirectory } from '../../core/make-directories.ts';
import { readContext } from '../context.ts';
import { collectKeyValue, parseCount } from '../key-value.ts';
import { printJson } from '../output.ts';
import { type HostShare, type PipeCommandOptions, type PipePlan, planPipe } from '../pipe/channels.ts';
import { PipeProgressDisplay } from '../pipe/progress.ts';
import { Readers } from '../pipe/readers.ts';
import { addStoreOptions, withStores } from '../s3/run-s3.ts';

interface Options extends PipeCommandOptions {
  readonly debug?: boolean;
  readonly epochs?: number;
  readonly forever?: boolean;
  readonly linger: number;
}

/** `sluice pipe` */
export function configure(command: Command): void {
  command
    .usage('[options] CHANNEL SRC DEST\n       sluice pipe [options] --channel NAME=SRC ... DEST')
    .argument('[operands...]', "the channel's name, its source, the FIFOs' directory")
    .option('-d, --debug', 'say what is going on')
    .option('-x, --gunzip', 'inflate gzip data before it is streamed')
    .option('-r, --recordio', 'wrap each file in a RecordIO record')
    .option('--channel <name=src>', 'a channel; repeat for more', collectKeyValue)
    .option('--epochs <n>', 'end after so many epochs', parseCount)
    .option('--forever', 'go on until Ctrl-C, whoever comes and goes')
    .option('--shuffle-seed <n>', 'shuffle anew for each epoch', parseSeed)
    .option('--shard <i/n>', 'host i of n (ShardedByS3Key)', parseShard)
    .option('--manifest', 'SRC is a ManifestFile')
    .option('--attributes <names>', 'SRC is an AugmentedManifestFile; send these')
    .option('--linger <seconds>', 'how long to wait for another reader', parseSeconds, 3);
  addStoreOptions(command)
    .addHelpText(
      'after',
      `
SRC is a directory, a file, or an s3:// prefix. The files are streamed, one
after the other, into the FIFOs DEST/CHANNEL_0, DEST/CHANNEL_1, ...: one for
each epoch. On Linux it ends when all processes that have read have ended and
no other comes within --linger; elsewhere after --epochs, or with Ctrl-C.
--forever goes on, epoch after epoch, as sagemaker-pipe.py does.

Examples:
  sluice pipe train data/train /tmp/channels
  sluice pipe -x -r train s3://bucket/train /tmp/channels
  sluice pipe --channel train=data/train --channel test=data/test /tmp/channels
  sluice pipe --forever train data/train /tmp/channels
  sluice pipe --epochs 3 --shuffle-seed 7 --shard 1/2 train data /tmp/channels`,
    )
    .action((operands: readonly string[], options: Options) => {
      if (options.forever && options.epochs !== undefined)
        throw new SluiceError('InvalidArgument', 'Expected --forever or --epochs, got both.');
      const plan = planPipe(operands, options);
      return withStores(command, (stores) => feed(plan, stores, options, readContext(command).json));
    });
}

async function feed(plan: PipePlan, stores: Stores, options: Options, json: boolean): Promise<void> {
  makeNamedDirectory(plan.directory, 'DEST');
  const display = new PipeProgressDisplay(options.debug ?? false);
  const readers = new Readers(options.linger * 1000);
  const interrupted = Promise.withResolvers<void>();
  const interrupts = catchInterrupts({
    onStop: () => interrupted.resolve(),
    // The FIFOs are being removed already.
    onKill: () => undefined,
  });
  const pipes: PipeChannel[] = [];
  try {
    await startAll(pipes, plan, stores, options, { display, readers });
    const failed = Promise.race(pipes.map((pipe) => pipe.failed));
    const ended = Promise.all(pipes.map((pipe) => pipe.ended));
    const ends = options.forever ? [ended] : [ended, readers.done];
    const error = await Promise.race([failed, ...ends, interrupted.promise]);
    if (error instanceof Error) throw error;
  } finally {
    await Promise.all(pipes.map((pipe) => pipe.close()));
    readers.close();
    interrupts.close();
    display.clear();
  }
  if (json) printJson({ channels: display.summary() });
  process.exitCode = interrupts.exitCode() ?? 0;
}

async function startAll(
  pipes: PipeChannel[],
  { channels, directory }: PipePlan,
  stores: Stores,
  { shard, epochs }: Options,
  { display, readers }: { readonly display: PipeProgressDisplay; readonly readers: Readers },
): Promise<void> {
  for (const channel of channels) {
    const pipe = await startPipe({
      channel,
      host: shard ?? { index: 0, count: 1 },
      stores,
      directory: join(directory, channel.name),
      epochs,
      onProgress: (progress) => display.update(channel.name, progress),
      onReaders: (processes) => readers.add(processes),
    });
    pipes.push(pipe);
    display.debug(
      `${channel.name}: ${pipe.objects} objects of ${channel.uri}, at ${directory}/${channel.name}_0`,
    );
  }
}

function parseSeed(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError(`Expected a whole number, got '${text}'.`);
  return Number(text);
}

function parseShard(text: string): HostShare {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (!index || !count || index > count) {
    throw new InvalidArgumentError(`Expected i/n with i from 1 to n, got '${text}'.`);
  }
  return { index: index - 1, count };
}

function parseSeconds(text: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(text)) throw new InvalidArgumentError(`Expected seconds, got '${text}'.`);
  return Number(text);
}
