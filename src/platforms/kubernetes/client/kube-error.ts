import { SluiceError, systemErrorCode } from '../../../core/errors.ts';
import { plainText } from './plain-text.ts';

/** What the API server answers with where it does not do what was asked. */
interface StatusAnswer {
  readonly message?: unknown;
  readonly reason?: string;
  readonly details?: { readonly retryAfterSeconds?: number } | null;
}

/** An answer of the API server that says no. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: string;
  /** Seconds. */
  readonly retryAfter?: string | undefined;
}

/**
 * The API server's refusal in Sluice's words. `details` has its `status` and `reason`.
 *
 * @param what - What was asked, for messages: `create jobs.batch 'train-1'`
 */
export function kubeError(what: string, { status, body, retryAfter }: RefusedAnswer): SluiceError {
  const {
    message: told = body.trim().slice(0, 500),
    reason = '',
    details: about,
  }: StatusAnswer = parse(body);
  const message = plainText(String(told));
  const seconds = about?.retryAfterSeconds ?? Number(retryAfter);
  const details = { status, reason, ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) };
  const said = `${what}: the cluster answers ${status}${message ? `: ${message}` : ''}`;
  const named = codeOf(status, message);
  return new SluiceError(named.code, said, {
    details,
    ...(named.hint !== undefined && { hint: named.hint }),
  });
}

function codeOf(status: number, message: string): { code: SluiceError['code']; hint?: string } {
  if (status === 401)
    return { code: 'CredentialsInvalid', hint: 'Log in again, or correct the user of the kubeconfig.' };
  if (status === 403 && /exceeded quota/.test(message)) return { code: 'QuotaExceeded' };
  if (status === 403)
    return {
      code: 'AccessDenied',
      hint: 'docs/kubernetes.md has the Role that Sluice needs; sluice doctor names what is missing.',
    };
  if (status === 429) return { code: 'Throttled' };
  if (status === 408 || status >= 500 || status === 410) return { code: 'PlatformUnavailable' };
  return { code: 'InvalidArgument' };
}

/** What kept a request from an answer. */
export function connectionError(what: string, server: string, cause: unknown): SluiceError {
  const code = systemErrorCode(cause) ?? '';
  const message = `${what}: the cluster at ${server} cannot be reached: ${(cause as Error).message || code}`;
  if (/CERT|SIGNED|SSL|TLS|ALTNAME/.test(code))
    return new SluiceError('CredentialsInvalid', message, {
      cause,
      hint: "Its certificate does not fit: set certificate-authority of the kubeconfig's cluster.",
    });
  return new SluiceError('PlatformUnavailable', message, {
    cause,
    hint: 'Look whether the API server runs and this machine reaches it: kubectl cluster-info.',
  });
}

/** The HTTP status that an error tells of, 0 where it is none of the API server's. */
export function statusOf(error: unknown): number {
  const status = error instanceof SluiceError ? error.details['status'] : undefined;
  return typeof status === 'number' ? status : 0;
}

function parse(body: string): StatusAnswer {
  try {
    const answer = JSON.parse(body) as unknown;
    return typeof answer === 'object' && answer !== null ? answer : {};
  } catch {
    return {};
  }
}
