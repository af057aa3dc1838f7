/**
 * The job's document: all that the agent has to know to keep the job contract in somebody else's container. It lies in
 * the store; the agent's containers are told its URI and its digest, so that nobody can change it on the way.
 */
import { createHash } from 'node:crypto';
import type {
  CreateModelInput,
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../core/errors.ts';

/** What every document has. */
interface DocumentBase {
  readonly version: 1;
  /** Of the try, unique: a result of another one is no result. */
  readonly attempt: string;
  /** Of the job, as its config files and environment name it. */
  readonly arn: string;
  readonly region: string;
  /** `s3://…/`: what this attempt leaves for the platform goes below it. */
  readonly results: string;
  /** For the upload after a stop. @default UPLOAD_SECONDS */
  readonly uploadSeconds?: number | undefined;
  /** How long the first host waits for the results of the others, once its own command has ended. @default 3600 */
  readonly hostsSeconds?: number | undefined;
}

/** A training job. */
export interface TrainingDocument extends DocumentBase {
  readonly jobType: 'training';
  readonly request: CreateTrainingJobRequest;
}

/** A processing job. */
export interface ProcessingDocument extends DocumentBase {
  readonly jobType: 'processing';
  readonly request: CreateProcessingJobRequest;
}

/** A batch transform job. */
export interface TransformDocument extends DocumentBase {
  readonly jobType: 'transform';
  readonly request: CreateTransformJobRequest;
  readonly model: CreateModelInput;
}

export type AgentDocument = TrainingDocument | ProcessingDocument | TransformDocument;

/** What is larger is no document: bytes. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** A document as it is written, and the SHA-256 by which the agent knows it. Pure. */
export function sealAgentDocument(document: AgentDocument): {
  readonly text: string;
  readonly digest: string;
} {
  const text = JSON.stringify(document);
  return { text, digest: documentDigest(text) };
}

/**
 * Reads a document. Pure.
 *
 * @param digest what the platform says of it
 * @throws SluiceError `InvalidArgument` where it is not that document, or of another version
 */
export function openAgentDocument(bytes: Uint8Array, digest: string): AgentDocument {
  const actual = documentDigest(bytes);
  if (actual !== digest.toLowerCase())
    throw refusal(`expected the digest ${digest}, got ${actual}: it was changed since the job was submitted`);
  const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as AgentDocument;
  if (document.version !== 1) throw refusal(`expected version 1, got ${String(document.version)}`);
  return document;
}

/** The name of a document's job. Pure. */
export function documentJobName(document: AgentDocument): string {
  if (document.jobType === 'training') return document.request.TrainingJobName ?? '';
  if (document.jobType === 'processing') return document.request.ProcessingJobName ?? '';
  return document.request.TransformJobName ?? '';
}

function documentDigest(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function refusal(why: string): SluiceError {
  return new SluiceError('InvalidArgument', `The job's document: ${why}.`, {
    hint: 'The image of the agent has to be of the same version of Sluice that submits the job.',
  });
}
