import type { InputOptions, PreparedInput } from './channel.ts';
import { prepareFile } from './file/prepare-file.ts';

/**
 * Brings one channel in for one host, in its input mode.
 *
 * @throws SluiceError `ChannelNotFound`, `ChannelEmpty`, `ManifestInvalid`, `InvalidArgument`, and what a store throws
 */
export async function prepareInput(options: InputOptions): Promise<PreparedInput> {
  return prepareFile(options);
}
