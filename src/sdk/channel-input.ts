import type { ChannelDefinition, Variable } from '../graph/index.ts';
import { toUri } from './call-site.ts';
import { expectOptions } from './expect-options.ts';

/** A channel in the form of SageMaker's API, with its data nested or flat. */
export interface ChannelDict {
  readonly ContentType?: string;
  readonly InputMode?: ChannelDefinition['inputMode'];
  readonly CompressionType?: ChannelDefinition['compressionType'];
  readonly RecordWrapperType?: ChannelDefinition['recordWrapperType'];
  readonly S3DataType?: ChannelDefinition['s3DataType'];
  readonly S3DataDistributionType?: ChannelDefinition['s3DataDistributionType'];
  readonly S3Uri?: string;
  readonly AttributeNames?: readonly string[];
  readonly ShuffleConfig?: { readonly Seed: number };
  readonly DataSource?: { readonly S3DataSource: Omit<ChannelDict, 'DataSource'> };
}

/** A channel: its definition, perhaps with its data; SageMaker's form of it; or its data alone, `s3://…` or a path. */
export type ChannelInput = (ChannelDefinition & { readonly s3Uri?: string }) | ChannelDict | string;

/** A form that brings its data along: then a call need not give it. */
export type WithData =
  | string
  | { readonly S3Uri: string }
  | { readonly s3Uri: string }
  | { readonly DataSource: { readonly S3DataSource: { readonly S3Uri: string } } };

const fields = [
  'contentType',
  'inputMode',
  'compressionType',
  'recordWrapperType',
  's3DataType',
  's3DataDistributionType',
  'attributeNames',
  'shuffleSeed',
  's3Uri',
  // Of the inputs of processing.
  'localPath',
];

const dictFields = [
  'ChannelName',
  'ContentType',
  'InputMode',
  'CompressionType',
  'RecordWrapperType',
  'S3DataType',
  'S3DataDistributionType',
  'S3Uri',
  'AttributeNames',
  'ShuffleConfig',
  'DataSource',
  // Of the inputs of processing.
  'LocalPath',
];

/** A channel without its data, and its data. */
export interface ReadChannel {
  readonly definition: ChannelDefinition;
  readonly uri?: string;
}

/**
 * Reads any of the forms of a channel.
 *
 * @param owner - Whose channel it is, for messages
 * @throws SluiceError `GraphInvalid` for a field that a channel does not have
 */
export function readChannel(input: ChannelInput, owner: string): ReadChannel {
  if (typeof input === 'string') return { definition: {}, uri: input };
  expectOptions(owner, input, isDict(input) ? dictFields : fields);
  if (isDict(input)) return readDict({ ...input, ...input.DataSource?.S3DataSource });
  const { s3Uri, ...definition } = input;
  return { definition, ...(s3Uri !== undefined && { uri: s3Uri }) };
}

/** The task input of a channel: it has a default when the channel brings its data along. */
export function channelVariable(uri: string | undefined, directory: string): Variable {
  return { type: 'uri', ...(uri !== undefined && { default: toUri(uri, directory) }) };
}

function isDict(input: object): input is ChannelDict {
  return Object.keys(input).some((key) => /^[A-Z]/.test(key));
}

function readDict(dict: ChannelDict): ReadChannel {
  const fields = {
    contentType: dict.ContentType,
    inputMode: dict.InputMode,
    compressionType: dict.CompressionType,
    recordWrapperType: dict.RecordWrapperType,
    s3DataType: dict.S3DataType,
    s3DataDistributionType: dict.S3DataDistributionType,
    attributeNames: dict.AttributeNames,
    shuffleSeed: dict.ShuffleConfig?.Seed,
  };
  const definition = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { definition, ...(dict.S3Uri !== undefined && { uri: dict.S3Uri }) };
}
