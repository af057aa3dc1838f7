import { type LeastRole, quoted, roleFiles } from '../../platforms/iam/index.ts';
import type { Deployment } from './read-deployment.ts';

const AGENT_ROLE = 'router';

/** All files that there may be. */
export const ROLE_FILES = ['main.tf', 'roles.tf', 'service-accounts.tf'] as const;

/** The roles, and which service account of the cluster has which. */
export async function terraformFiles(
  { cluster, namespace, region = 'us-east-1', serviceAccounts, agent }: Deployment,
  roles: readonly LeastRole[],
): Promise<{ readonly name: string; readonly text: string }[]> {
  const accounts = { ...(agent && { [agent.serviceAccount]: AGENT_ROLE }), ...serviceAccounts };
  const associations = Object.entries(accounts).map(([account, role]) => {
    return `resource "aws_eks_pod_identity_association" "${account.replaceAll('-', '_')}" {
  cluster_name    = ${quoted(cluster ?? '')}
  namespace       = ${quoted(namespace)}
  service_account = ${quoted(account)}
  role_arn        = aws_iam_role.${role.replaceAll('-', '_')}.arn
}
`;
  });
  return [
    {
      name: 'main.tf',
      text: `terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.31"
    }
  }
}

provider "aws" {
  region = ${quoted(region)}
}
`,
    },
    ...(await roleFiles(roles, 'terraform')),
    ...(cluster === undefined || associations.length === 0
      ? []
      : [{ name: 'service-accounts.tf', text: associations.join('\n') }]),
  ];
}
