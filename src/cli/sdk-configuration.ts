import { renameSync, writeFileSync } from 'node:fs';
import { type Account, defaultBucket } from '../core/account.ts';
import { type HomePaths, sdkConfigurationFile } from '../core/home.ts';

/**
 * Writes settings for the SageMaker Python SDK, which otherwise asks AWS's own STS for the account and the role, whatever
 * the endpoint's URL says, and reports its use to AWS.
 *
 * @returns the file, for SAGEMAKER_USER_CONFIG_OVERRIDE
 * @see https://sagemaker.readthedocs.io/en/stable/overview.html#configuring-and-using-defaults-with-the-sagemaker-python-sdk
 */
export function writeSdkConfiguration({ home }: HomePaths, account: Account): string {
  const path = sdkConfigurationFile(home);
  const role = `arn:aws:iam::${account.accountId}:role/SluiceExecutionRole`;
  const jobs = ['TrainingJob', 'ProcessingJob'].map((job) => `  ${job}:\n    RoleArn: ${role}\n`);
  writeFileSync(
    `${path}.part`,
    `# Written by sluice serve, for SAGEMAKER_USER_CONFIG_OVERRIDE.
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      Session:
        DefaultS3Bucket: ${defaultBucket(account)}
      TelemetryOptOut: true
${jobs.join('')}  Model:
    ExecutionRoleArn: ${role}
`,
  );
  renameSync(`${path}.part`, path);
  return path;
}
