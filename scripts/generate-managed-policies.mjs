/**
 * Writes `src/contract/iam/managed-policies.gen.ts`: policies that AWS manages, as they are there. Run it when AWS has
 * changed them, or after adding a name to the list below:
 *
 *   node scripts/generate-managed-policies.mjs
 *
 * It needs Python's pip, which brings moto (Apache-2.0) into a temporary directory; its table is a copy of AWS's own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MOTO = '5.2.5';

const names = [
  'AdministratorAccess',
  'AmazonEC2ContainerRegistryFullAccess',
  'AmazonEC2ContainerRegistryPowerUser',
  'AmazonEC2ContainerRegistryReadOnly',
  'AmazonEMRFullAccessPolicy_v2',
  'AmazonEMRReadOnlyAccessPolicy_v2',
  'AmazonS3FullAccess',
  'AmazonS3ReadOnlyAccess',
  'AmazonSageMakerFullAccess',
  'AmazonSageMakerReadOnly',
  'AWSBatchFullAccess',
  'CloudWatchFullAccess',
  'CloudWatchLogsFullAccess',
  'CloudWatchLogsReadOnlyAccess',
  'IAMFullAccess',
  'IAMReadOnlyAccess',
  'PowerUserAccess',
];

const program = `
import json, sys
from moto.iam.aws_managed_policies import aws_managed_policies_data
json.dump(json.loads(aws_managed_policies_data), sys.stdout)
`;

const directory = mkdtempSync(join(tmpdir(), 'sluice-moto-'));
try {
  const pip = ['-m', 'pip', 'install', '--quiet', '--target', directory, `moto[iam]==${MOTO}`];
  execFileSync('python3', pip, { stdio: 'inherit' });
  const options = {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PYTHONPATH: directory },
  };
  write(JSON.parse(execFileSync('python3', ['-c', program], options)));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function write(policies) {
  const lines = names.map((name) => {
    const { Path: path = '/', Document: document, DefaultVersionId: version } = policies[name];
    const arn = `arn:aws:iam::aws:policy${path}${name}`;
    return `  { arn: ${JSON.stringify(arn)}, version: ${JSON.stringify(version)}, document: ${JSON.stringify(JSON.stringify(document))} },`;
  });
  const text = [
    `// Written by scripts/generate-managed-policies.mjs from moto ${MOTO}. Do not edit.`,
    '',
    '/** Policies that AWS manages, as far as they are known here; documents are JSON. */',
    'export const managedPolicies: readonly {',
    '  readonly arn: string;',
    '  readonly version: string;',
    '  readonly document: string;',
    '}[] = [',
    ...lines,
    '];',
    '',
  ];
  writeFileSync(
    join(import.meta.dirname, '..', 'src', 'contract', 'iam', 'managed-policies.gen.ts'),
    text.join('\n'),
  );
}
