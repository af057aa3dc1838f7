export type { InputChannel, InputOptions, PreparedInput, Stores, TransferProgress } from './channel.ts';
export { prepareInput } from './prepare-input.ts';
