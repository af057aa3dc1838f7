import { SluiceError } from '../core/errors.ts';
import type { InputChannel, InputOptions, PreparedInput } from './channel.ts';
import { prepareFile } from './file/prepare-file.ts';

/**
 * Brings one channel in for one host, in its input mode.
 *
 * @throws SluiceError `ChannelNotFound`, `ChannelEmpty`, `ManifestInvalid`, `InvalidArgument`, and what a store throws
 */
export async function prepareInput(options: InputOptions): Promise<PreparedInput> {
  const { inputMode } = options.channel;
  checkPipeOnly(options.channel);
  if (inputMode === 'File') return prepareFile(options);
  if (inputMode === 'Pipe') return (await import('./pipe/prepare-pipe.ts')).preparePipe(options);
  return (await import('./fast-file/prepare-fast-file.ts')).prepareFastFile(options);
}

/** What SageMaker offers in Pipe mode alone. */
function checkPipeOnly(channel: InputChannel): void {
  const { name, inputMode, compression = 'None', recordWrapper = 'None', dataType } = channel;
  if (inputMode === 'Pipe') return;
  const asked = [
    compression === 'None' ? [] : [`CompressionType ${compression}`],
    recordWrapper === 'None' ? [] : [`RecordWrapperType ${recordWrapper}`],
    dataType === 'AugmentedManifestFile' ? ['S3DataType AugmentedManifestFile'] : [],
  ].flat();
  if (asked.length === 0) return;
  throw new SluiceError(
    'InvalidArgument',
    `Channel '${name}': ${asked.join(' and ')} needs input mode Pipe, got ${inputMode}.`,
    {
      hint: 'Set the input mode of the channel to Pipe.',
    },
  );
}
