import { type AgentDocument, MAX_DOCUMENT_BYTES, openAgentDocument } from '../../contract/agent-document.ts';
import { type AgentResult, MAX_RESULT_BYTES, openAgentResult } from '../../contract/agent-result.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { type ObjectStore, readSmall } from '../../objects/index.ts';

/** The document that a job was submitted with. @throws SluiceError `NoSuchKey`, or where it is not the one of the digest */
export async function readDocument(store: ObjectStore, uri: string, digest: string): Promise<AgentDocument> {
  const text = await readSmall(store, uri, MAX_DOCUMENT_BYTES);
  if (!text) throw new SluiceError('NoSuchKey', `The job's document is not at ${uri}.`);
  return openAgentDocument(text, digest);
}

/** What a result has to be of to count. */
export interface ResultOf {
  readonly key: () => Promise<string>;
  readonly digest: string;
  readonly attempt: string;
}

/** The agent's result, or why there is none that counts. */
export async function readResult(
  store: ObjectStore,
  uri: string,
  { key, digest, attempt }: ResultOf,
): Promise<{ readonly result?: AgentResult; readonly why?: string }> {
  try {
    const bytes = await readSmall(store, uri, MAX_RESULT_BYTES);
    return { result: openAgentResult(bytes, { key: await key(), digest, attempt }) };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'AgentResultInvalid') throw error;
    return { why: errorMessage(error) };
  }
}
