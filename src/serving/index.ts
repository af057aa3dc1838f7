/** What inference scripts are written against. */
export type { Awaitable, EncodedOutput, ExecutionParameters, InferenceModule } from './types.ts';
