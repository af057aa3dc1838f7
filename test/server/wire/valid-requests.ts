/** A request of each operation that breaks no rule; those that name a resource name one that does not exist. */
export const validRequests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AddTags: {
    ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/absent',
    Tags: [{ Key: 'team', Value: 'ml' }],
  },
  AssociateTrialComponent: { TrialComponentName: 'absent', TrialName: 'absent' },
  CreateEndpoint: { EndpointName: 'absent', EndpointConfigName: 'absent' },
  CreateEndpointConfig: {
    EndpointConfigName: 'config',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'absent',
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      },
    ],
  },
  CreateExperiment: { ExperimentName: 'experiment' },
  CreateModel: {
    ModelName: 'model',
    PrimaryContainer: { Image: 'image:1', ModelDataUrl: 's3://bucket/model.tar.gz' },
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
  },
  CreateProcessingJob: {
    ProcessingJobName: 'job',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AppSpecification: { ImageUri: 'image:1' },
    ProcessingResources: {
      ClusterConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    },
  },
  CreateTrainingJob: {
    TrainingJobName: 'job',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: { TrainingImage: 'image:1', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
  },
  CreateTransformJob: {
    TransformJobName: 'job',
    ModelName: 'absent',
    TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/in' } } },
    TransformOutput: { S3OutputPath: 's3://bucket/out' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  },
  CreateTrial: { TrialName: 'trial', ExperimentName: 'absent' },
  CreateTrialComponent: { TrialComponentName: 'component' },
  DeleteEndpoint: { EndpointName: 'absent' },
  DeleteEndpointConfig: { EndpointConfigName: 'absent' },
  DeleteExperiment: { ExperimentName: 'absent' },
  DeleteModel: { ModelName: 'absent' },
  DeleteProcessingJob: { ProcessingJobName: 'absent' },
  DeleteTags: { ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/absent', TagKeys: ['team'] },
  DeleteTrainingJob: { TrainingJobName: 'absent' },
  DeleteTrial: { TrialName: 'absent' },
  DeleteTrialComponent: { TrialComponentName: 'absent' },
  DescribeEndpoint: { EndpointName: 'absent' },
  DescribeEndpointConfig: { EndpointConfigName: 'absent' },
  DescribeExperiment: { ExperimentName: 'absent' },
  DescribeModel: { ModelName: 'absent' },
  DescribeProcessingJob: { ProcessingJobName: 'absent' },
  DescribeTrainingJob: { TrainingJobName: 'absent' },
  DescribeTransformJob: { TransformJobName: 'absent' },
  DescribeTrial: { TrialName: 'absent' },
  DescribeTrialComponent: { TrialComponentName: 'absent' },
  DisassociateTrialComponent: { TrialComponentName: 'absent', TrialName: 'absent' },
  ListEndpointConfigs: { MaxResults: 5, SortBy: 'Name', SortOrder: 'Ascending' },
  ListEndpoints: { MaxResults: 5, StatusEquals: 'InService', SortBy: 'Status' },
  ListExperiments: { MaxResults: 5, SortBy: 'Name', SortOrder: 'Ascending' },
  ListModels: { MaxResults: 5, NameContains: 'a' },
  ListProcessingJobs: { MaxResults: 5, CreationTimeAfter: 0 },
  ListTags: { ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:model/absent' },
  ListTrainingJobs: { MaxResults: 5, StatusEquals: 'Completed', LastModifiedTimeBefore: 2_000_000_000 },
  ListTransformJobs: { MaxResults: 5, NameContains: 'a', SortBy: 'Status' },
  ListTrialComponents: { MaxResults: 5 },
  ListTrials: { MaxResults: 5 },
  Search: {
    Resource: 'TrainingJob',
    SearchExpression: { Filters: [{ Name: 'TrainingJobName', Operator: 'Contains', Value: 'a' }] },
  },
  StopProcessingJob: { ProcessingJobName: 'absent' },
  StopTrainingJob: { TrainingJobName: 'absent' },
  StopTransformJob: { TransformJobName: 'absent' },
  UpdateEndpoint: { EndpointName: 'absent', EndpointConfigName: 'absent' },
  UpdateEndpointWeightsAndCapacities: {
    EndpointName: 'absent',
    DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredWeight: 1, DesiredInstanceCount: 1 }],
  },
  UpdateTrainingJob: { TrainingJobName: 'absent', RemoteDebugConfig: { EnableRemoteDebug: true } },
};

/** A valid request with members changed, by dotted path; undefined leaves one out. */
export function changedRequest(operation: string, changes: Readonly<Record<string, unknown>>): object {
  const request = structuredClone(validRequests[operation]) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) setPath(request, path.split('.'), value);
  return request;
}

function setPath(
  target: Record<string, unknown>,
  [head = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length > 0) {
    target[head] ??= {};
    setPath(target[head] as Record<string, unknown>, rest, value);
  } else if (value === undefined) delete target[head];
  else target[head] = value;
}
