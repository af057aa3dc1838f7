/**
 * The result that the agent writes last. It is authenticated by a key that the user's container never sees: no program
 * in the job can make one, and one of another attempt, or for another document, is none.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { SluiceError } from '../core/errors.ts';

/** What the user's container, on one host, came to. */
export interface AgentHostEnd {
  /** `algo-1` */
  readonly name: string;
  /** Absent where the container never began, or its end is not known. */
  readonly exitCode?: number | undefined;
  /** What the platform says of its end: `OOMKilled`. */
  readonly reason?: string | undefined;
}

/** What a job came to. */
export interface AgentResult {
  readonly version: 1;
  readonly jobName: string;
  readonly attempt: string;
  /** Of the document. */
  readonly digest: string;
  /** Stopped: the container was being ended when it ended. */
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  readonly failureReason?: string | undefined;
  readonly failedHost?: string | undefined;
  /** Of a processing job. */
  readonly exitMessage?: string | undefined;
  /** FinalMetricDataList; `at` in milliseconds since 1970. */
  readonly metrics?:
    | readonly { readonly name: string; readonly value: number; readonly at: number }[]
    | undefined;
  /** S3 URI. */
  readonly modelArtifacts?: string | undefined;
  /** S3 URI. */
  readonly outputArtifacts?: string | undefined;
  readonly hosts: readonly AgentHostEnd[];
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** How what is signed is told apart. */
type SignedKind = 'result' | 'host' | 'address' | 'stop';

/** Which result is expected. */
export interface ExpectedResult {
  readonly key: string;
  /** Of the document. */
  readonly digest: string;
  readonly attempt: string;
}

/** What is larger is no result: bytes. */
export const MAX_RESULT_BYTES = 1024 * 1024;
const KEY_BYTES = 32;

/** A key for one job, base64url. */
export function newAgentKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

/** The key of an attempt, from a secret that whoever submits jobs keeps: nothing else has to be remembered. Pure. */
export function deriveAgentKey(secret: string | Uint8Array, attempt: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `sluice-agent ${attempt}`, KEY_BYTES)).toString(
    'base64url',
  );
}

/**
 * Where the agent is told over HTTP that the user's container is being ended: what the container then makes of it is no
 * success. Only who has the key knows the path. Pure.
 */
export function agentStopPath(key: string): string {
  return `/stopping/${sign('stop', '', key)}`;
}

/** A result as it is written. Pure. */
export function sealAgentResult(result: AgentResult, key: string): string {
  return seal('result', result, key);
}

/**
 * Reads a result. Pure.
 *
 * @param bytes undefined where there is none
 * @throws SluiceError `AgentResultInvalid` where it is missing, forged, or of another job or attempt
 */
export function openAgentResult(bytes: Uint8Array | undefined, expected: ExpectedResult): AgentResult {
  return open<AgentResult>('result', bytes, expected);
}

/** Signs what is kept between the hosts of a job. Pure. */
export function seal(kind: SignedKind, value: object, key: string): string {
  const body = JSON.stringify(value);
  return JSON.stringify({ version: 1, body, signature: sign(kind, body, key) });
}

/** Reads what {@link seal} wrote. @throws SluiceError `AgentResultInvalid` */
export function open<Value extends { readonly attempt: string; readonly digest: string }>(
  kind: SignedKind,
  bytes: Uint8Array | undefined,
  { key, digest, attempt }: ExpectedResult,
): Value {
  if (!bytes) throw invalid('there is none');
  if (bytes.length > MAX_RESULT_BYTES) throw invalid(`it has ${bytes.length} bytes`);
  const { body, signature } = parseEnvelope(bytes);
  if (!isEqual(sign(kind, body, key), signature)) throw invalid('its signature is wrong');
  const value = JSON.parse(body) as Value;
  if (value.attempt !== attempt || value.digest !== digest) throw invalid('it is of another attempt');
  return value;
}

function parseEnvelope(bytes: Uint8Array): { readonly body: string; readonly signature: string } {
  try {
    const { body, signature } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    if (typeof body === 'string' && typeof signature === 'string') return { body, signature };
  } catch {
    // Said below.
  }
  throw invalid('it is not in the form that the agent writes');
}

function sign(kind: SignedKind, body: string, key: string): string {
  const secret = Buffer.from(key, 'base64url');
  if (secret.length < KEY_BYTES)
    throw new SluiceError('InvalidArgument', `The key of a job: expected ${KEY_BYTES} bytes in base64url.`);
  return createHmac('sha256', secret).update(`sluice-agent-1 ${kind}\n${body}`).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function invalid(why: string): SluiceError {
  return new SluiceError('AgentResultInvalid', `The job's result: ${why}.`, {
    hint: 'Only a result that the agent has written counts: look at the log of its containers.',
  });
}
