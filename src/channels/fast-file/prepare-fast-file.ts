import { SluiceError } from '../../core/errors.ts';
import type { InputOptions, PreparedInput } from '../channel.ts';
import { prepareFile } from '../file/prepare-file.ts';

/**
 * FastFile mode: the channel's objects as files that are read when the job reads them. Objects that are files of this
 * machine are shown where they are; remote ones are copied before the start.
 *
 * Source: the SageMaker developer guide, "Access training data": read-only, S3Prefix only.
 * Gaps: remote objects are not read lazily.
 */
export async function prepareFastFile(options: InputOptions): Promise<PreparedInput> {
  const { name, dataType = 'S3Prefix' } = options.channel;
  if (dataType !== 'S3Prefix') {
    throw new SluiceError(
      'InvalidArgument',
      `Channel '${name}': FastFile takes S3DataType S3Prefix, got ${dataType}.`,
    );
  }
  const input = await prepareFile(options);
  if (input.mounts.length > 0) return input;
  const note = `Channel '${name}': its data was copied before the start (File mode) instead of being read lazily (FastFile).`;
  return { ...input, notes: [...input.notes, note] };
}
