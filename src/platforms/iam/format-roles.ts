import type { LeastRole } from './least-roles.ts';

/** One file that roles are written into. */
export interface RoleFile {
  readonly name: string;
  readonly text: string;
}

/** How roles are written. */
export type RoleFormat = 'json' | 'terraform' | 'cloudformation';

/** The files of roles: each policy in one of its own, or all in one of Terraform or CloudFormation. */
export async function roleFiles(roles: readonly LeastRole[], format: RoleFormat): Promise<RoleFile[]> {
  if (format === 'terraform') return [{ name: 'roles.tf', text: terraform(roles) }];
  if (format === 'cloudformation') return [{ name: 'roles.yaml', text: await cloudFormation(roles) }];
  return roles.flatMap((role) => [
    { name: role.trustFile, text: json(role.trustPolicy) },
    { name: role.policyFile, text: json(role.policy) },
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}

function terraform(roles: readonly LeastRole[]): string {
  return roles
    .map((role) => {
      const label = role.role.replaceAll('-', '_');
      return `resource "aws_iam_role" "${label}" {
  name               = ${quoted(role.name)}
  description        = ${quoted(role.description)}
  assume_role_policy = ${heredoc(role.trustPolicy)}
}

resource "aws_iam_role_policy" "${label}" {
  name   = ${quoted(role.policyName)}
  role   = aws_iam_role.${label}.id
  policy = ${heredoc(role.policy)}
}
`;
    })
    .join('\n');
}

function heredoc(policy: unknown): string {
  const text = literal(JSON.stringify(policy, null, 2));
  return `<<-POLICY\n${text.replaceAll(/^/gm, '    ')}\n  POLICY`;
}

/** A text of Terraform, as it is. */
export function quoted(text: string): string {
  return literal(JSON.stringify(text));
}

/** In Terraform `${` and `%{` begin what is to be filled in. In a replacement `$$` would be one `$`. */
function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{');
}

async function cloudFormation(roles: readonly LeastRole[]): Promise<string> {
  const { stringify } = await import('yaml');
  const resources = roles.map((role) => [
    role.role.replaceAll(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase()),
    {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: role.name,
        Description: role.description,
        AssumeRolePolicyDocument: role.trustPolicy,
        Policies: [{ PolicyName: role.policyName, PolicyDocument: role.policy }],
      },
    },
  ]);
  return stringify(
    { AWSTemplateFormatVersion: '2010-09-09', Resources: Object.fromEntries(resources) as unknown },
    { aliasDuplicateObjects: false },
  );
}
