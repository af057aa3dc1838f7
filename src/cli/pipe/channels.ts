import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InputChannel } from '../../channels/index.ts';
import { SluiceError } from '../../core/errors.ts';

/** What `sluice pipe` was told of its channels. */
export interface PipeCommandOptions {
  readonly gunzip?: boolean;
  readonly recordio?: boolean;
  readonly manifest?: boolean;
  readonly attributes?: string;
  readonly shuffleSeed?: number;
  readonly shard?: HostShare;
  readonly channel?: Readonly<Record<string, string>>;
}

/** One host's place among several. */
export interface HostShare {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** The channels of a command line, and where their FIFOs are to be. */
export interface PipePlan {
  readonly channels: readonly InputChannel[];
  readonly directory: string;
}

/** Reads `CHANNEL SRC DEST`, or `--channel NAME=SRC … DEST`. @throws SluiceError `InvalidArgument` */
export function planPipe(operands: readonly string[], options: PipeCommandOptions): PipePlan {
  const { channel: named = {} } = options;
  const several = Object.entries(named);
  if (operands.length !== (several.length > 0 ? 1 : 3)) {
    throw new SluiceError(
      'InvalidArgument',
      `Expected CHANNEL SRC DEST, or --channel NAME=SRC and DEST, got ${operands.length} arguments.`,
      { hint: 'Run `sluice pipe --help` for examples.' },
    );
  }
  const sources = several.length > 0 ? several : [[operands[0], operands[1]] as [string, string]];
  return {
    channels: sources.map(([name, source]) => inputChannel(name, source, options)),
    directory: resolve(operands.at(-1) as string),
  };
}

function inputChannel(name: string, source: string, options: PipeCommandOptions): InputChannel {
  if (!/^[A-Za-z0-9.\-_]{1,64}$/.test(name)) {
    throw new SluiceError(
      'InvalidArgument',
      `Expected a channel name of 1 to 64 letters, digits and '.-_', got '${name}'.`,
    );
  }
  const { gunzip, recordio, shard, shuffleSeed, attributes, manifest } = options;
  return {
    name,
    uri: /^(s3|file):\/\//.test(source) ? source : pathToFileURL(resolve(source)).href,
    inputMode: 'Pipe',
    dataType: attributes === undefined ? (manifest ? 'ManifestFile' : 'S3Prefix') : 'AugmentedManifestFile',
    distribution: shard === undefined ? 'FullyReplicated' : 'ShardedByS3Key',
    compression: gunzip ? 'Gzip' : 'None',
    recordWrapper: recordio ? 'RecordIO' : 'None',
    ...(attributes !== undefined && { attributeNames: attributes.split(',').map((each) => each.trim()) }),
    ...(shuffleSeed !== undefined && { shuffleSeed }),
  };
}
