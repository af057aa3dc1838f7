import type { Account } from '../../core/account.ts';
import { quoteForShell } from '../../core/quote-for-shell.ts';
import type { RunningServer } from '../../server/index.ts';
import type { CliContext } from '../context.ts';
import { printJson } from '../output.ts';
import { writeSdkConfiguration } from '../sdk-configuration.ts';
import type { ServerAccess, ShownCredentials } from './open-access.ts';

/** Tells where the server is, and what to export to use it. */
export function printStart(
  { json, paths, account }: CliContext,
  { publicUrl: url, port }: RunningServer,
  { shown }: ServerAccess,
): void {
  const sdkConfiguration = writeSdkConfiguration(paths, account);
  const { home } = paths;
  if (json) {
    const credentials = shown.kind === 'home' ? { credentials: shown.credentials } : {};
    return printJson({ url, port, home, sdkConfiguration, ...credentials });
  }
  const lines = [
    `Serving ${home} at ${url}`,
    ...(shown.kind === 'none'
      ? ['Every program on this machine may use it; with --credentials requests must be signed.']
      : []),
    '',
    'In another terminal these lines, or eval "$(sluice env)":',
    ...exportLines({ url, account, shown, sdkConfiguration }).map((line) => `  ${line}`),
    'The last is for the SageMaker Python SDK, its bucket and role.',
    '',
    'Ctrl-C stops it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** What leads AWS's clients to a server. */
export function exportLines({ url, account, shown, sdkConfiguration }: Exported): string[] {
  return [
    `export AWS_ENDPOINT_URL=${url}`,
    `export AWS_REGION=${account.region} AWS_DEFAULT_REGION=${account.region}`,
    exportLine(shown),
    `export SAGEMAKER_USER_CONFIG_OVERRIDE=${quoteForShell(sdkConfiguration)}`,
  ];
}

/** What the lines are made of. */
interface Exported {
  readonly url: string;
  readonly account: Account;
  readonly shown: ShownCredentials;
  readonly sdkConfiguration: string;
}

function exportLine(shown: ShownCredentials): string {
  if (shown.kind === 'none') return 'export AWS_ACCESS_KEY_ID=sluice AWS_SECRET_ACCESS_KEY=sluice';
  if (shown.kind === 'home') {
    const { accessKeyId, secretAccessKey } = shown.credentials;
    return `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`;
  }
  const key = `export AWS_ACCESS_KEY_ID=${quoteForShell(shown.accessKeyId)}`;
  return shown.kind === 'environment'
    ? `${key} AWS_SECRET_ACCESS_KEY="$SLUICE_SECRET_ACCESS_KEY"`
    : `${key} AWS_SECRET_ACCESS_KEY=…   # or another key of the configuration`;
}
