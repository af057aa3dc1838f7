import { partitionOf } from '../../contract/arns.ts';
import type { StatementJson } from './policy-json.ts';
import type { LeastRolesOptions } from './roles-options.ts';

/** Prices, spot history, and the jobs of every platform that is enabled. */
export function routerStatements(
  { platforms, region, account }: LeastRolesOptions,
  control: readonly StatementJson[],
): StatementJson[] {
  const { batch, emr, sagemaker } = platforms;
  const partition = partitionOf(region);
  const any = !sagemaker && !batch && !emr;
  const allow = (Action: readonly string[], Resource: string | readonly string[]): StatementJson => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  const application = emr?.applicationId ?? '*';
  const roles = [batch?.executionRole, batch?.jobRole, emr?.executionRole].filter(
    (role) => role !== undefined,
  );
  return [
    allow(['pricing:GetProducts', 'ec2:DescribeSpotPriceHistory'], '*'),
    ...(sagemaker || any ? control : []),
    ...(sagemaker?.training?.jobQueue === undefined
      ? []
      : [
          allow(
            [
              'batch:DescribeJobQueues',
              'batch:DescribeServiceJob',
              'batch:ListServiceJobs',
              'batch:SubmitServiceJob',
              'batch:TagResource',
              'batch:TerminateServiceJob',
            ],
            '*',
          ),
        ]),
    ...(batch
      ? [
          allow(
            ['batch:SubmitJob'],
            [
              `arn:${partition}:batch:${region}:${account}:job-queue/${batch.jobQueue ?? '*'}`,
              `arn:${partition}:batch:${region}:${account}:job-definition/*`,
            ],
          ),
          allow(
            [
              'batch:DescribeJobs',
              'batch:DescribeJobDefinitions',
              'batch:DescribeJobQueues',
              'batch:ListJobs',
              'batch:RegisterJobDefinition',
              'batch:TagResource',
              'batch:TerminateJob',
            ],
            '*',
          ),
          // What results are signed with: the execution role reads it too, the role of the jobs does not.
          allow(
            ['ssm:GetParameter', 'ssm:PutParameter'],
            `arn:${partition}:ssm:${region}:${account}:parameter${batch.agentSecret ?? '/sluice/agent-secret'}`,
          ),
          allow(
            ['logs:GetLogEvents'],
            `arn:${partition}:logs:${region}:${account}:log-group:${batch.logGroup ?? '/aws/batch/job'}:*`,
          ),
        ]
      : []),
    ...(emr?.clusterId === undefined && emr
      ? [
          allow(
            [
              'emr-serverless:StartJobRun',
              'emr-serverless:GetJobRun',
              'emr-serverless:CancelJobRun',
              'emr-serverless:ListJobRuns',
            ],
            `arn:${partition}:emr-serverless:${region}:${account}:/applications/${application}*`,
          ),
        ]
      : []),
    ...(emr?.clusterId === undefined
      ? []
      : [
          allow(
            [
              'elasticmapreduce:AddJobFlowSteps',
              'elasticmapreduce:DescribeStep',
              'elasticmapreduce:CancelSteps',
              'elasticmapreduce:ListSteps',
            ],
            `arn:${partition}:elasticmapreduce:${region}:${account}:cluster/${emr.clusterId}`,
          ),
        ]),
    ...(roles.length > 0 ? [allow(['iam:PassRole'], roles)] : []),
  ];
}
