import { parseExactJson } from '../../contract/json-text.ts';
import { MAX_ATTRIBUTE_NAMES } from '../../contract/limits.ts';
import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { type ManifestOptions, manifestInvalid, manifestObject } from './list-manifest.ts';
import type { ListEntry } from './object-list.ts';
import { readObject, type SourceObject } from './source-object.ts';

/** An augmented manifest and what to take of its lines. */
export interface AugmentedManifestOptions extends ManifestOptions {
  readonly attributeNames: readonly string[];
}

/**
 * The lines of an AugmentedManifestFile (JSON Lines), of each its attributes in the order in which they were asked for.
 * What ends in `-ref` is the object that the value names; a string is sent as it is, any other value as JSON.
 *
 * @throws SluiceError `ManifestInvalid`, `ChannelNotFound`, `InvalidArgument`
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html
 */
export async function* listAugmented(options: AugmentedManifestOptions): AsyncGenerator<ListEntry> {
  checkAttributeNames(options);
  const manifest = await manifestObject(options);
  let number = 0;
  for await (const text of lines(readObject(manifest, options.stores, options.signal))) {
    number++;
    if (text.trim() === '') continue;
    const line = parseLine(options, text, number);
    yield options.attributeNames.map((name) => attribute(options, line, name, number));
  }
}

function checkAttributeNames({ channel, attributeNames }: AugmentedManifestOptions): void {
  if (attributeNames.length >= 1 && attributeNames.length <= MAX_ATTRIBUTE_NAMES) return;
  throw new SluiceError(
    'InvalidArgument',
    `Channel '${channel}': expected 1 to ${MAX_ATTRIBUTE_NAMES} AttributeNames for an AugmentedManifestFile, got ${attributeNames.length}.`,
  );
}

function parseLine(options: ManifestOptions, text: string, number: number): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseExactJson(text);
  } catch (error) {
    throw manifestInvalid(options, `line ${number} is no JSON: ${(error as Error).message}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw manifestInvalid(options, `line ${number}: expected a JSON object`);
}

function attribute(
  options: ManifestOptions,
  line: Record<string, unknown>,
  name: string,
  number: number,
): SourceObject {
  const value = line[name];
  if (value === undefined) throw manifestInvalid(options, `line ${number} has no attribute '${name}'`);
  if (!name.endsWith('-ref')) {
    return { name, text: typeof value === 'string' ? value : JSON.stringify(value) };
  }
  if (typeof value !== 'string' || !value.startsWith('s3://')) {
    throw manifestInvalid(
      options,
      `line ${number}: expected an S3 URI as '${name}', got ${JSON.stringify(value)}`,
    );
  }
  return { name, ...parseS3Uri(value) };
}

/** The lines of UTF-8 bytes, without their ends. */
async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = parts.pop() as string;
    yield* parts;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
