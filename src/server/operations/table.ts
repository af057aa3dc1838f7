import type { sagemakerModel } from '../wire/model/sagemaker.gen.ts';
import { addTags } from './add-tags.ts';
import { associateTrialComponent } from './associate-trial-component.ts';
import { createEndpoint } from './create-endpoint.ts';
import { createEndpointConfig } from './create-endpoint-config.ts';
import { createExperiment } from './create-experiment.ts';
import { createModel } from './create-model.ts';
import { createProcessingJob } from './create-processing-job.ts';
import { createTrainingJob } from './create-training-job.ts';
import { createTransformJob } from './create-transform-job.ts';
import { createTrial } from './create-trial.ts';
import { createTrialComponent } from './create-trial-component.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { deleteEndpointConfig } from './delete-endpoint-config.ts';
import { deleteExperiment } from './delete-experiment.ts';
import { deleteModel } from './delete-model.ts';
import { deleteProcessingJob } from './delete-processing-job.ts';
import { deleteTags } from './delete-tags.ts';
import { deleteTrainingJob } from './delete-training-job.ts';
import { deleteTrial } from './delete-trial.ts';
import { deleteTrialComponent } from './delete-trial-component.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import { describeEndpointConfig } from './describe-endpoint-config.ts';
import { describeExperiment } from './describe-experiment.ts';
import { describeModel } from './describe-model.ts';
import { describeProcessingJob } from './describe-processing-job.ts';
import { describeTrainingJob } from './describe-training-job.ts';
import { describeTransformJob } from './describe-transform-job.ts';
import { describeTrial } from './describe-trial.ts';
import { describeTrialComponent } from './describe-trial-component.ts';
import { disassociateTrialComponent } from './disassociate-trial-component.ts';
import { listEndpointConfigs } from './list-endpoint-configs.ts';
import { listEndpoints } from './list-endpoints.ts';
import { listExperiments } from './list-experiments.ts';
import { listModels } from './list-models.ts';
import { listProcessingJobs } from './list-processing-jobs.ts';
import { listTags } from './list-tags.ts';
import { listTrainingJobs } from './list-training-jobs.ts';
import { listTransformJobs } from './list-transform-jobs.ts';
import { listTrialComponents } from './list-trial-components.ts';
import { listTrials } from './list-trials.ts';
import type { Operation } from './operation.ts';
import { search } from './search.ts';
import { stopProcessingJob } from './stop-processing-job.ts';
import { stopTrainingJob } from './stop-training-job.ts';
import { stopTransformJob } from './stop-transform-job.ts';
import { updateEndpoint } from './update-endpoint.ts';
import { updateEndpointWeightsAndCapacities } from './update-endpoint-weights-and-capacities.ts';
import { updateTrainingJob } from './update-training-job.ts';

/** The operations of SageMaker that are served here. */
export type OperationName = keyof typeof sagemakerModel.operations;

/** Every operation of SageMaker that is served here: one that the model has and this table lacks does not compile. */
export const operations = {
  AddTags: addTags,
  AssociateTrialComponent: associateTrialComponent,
  CreateEndpoint: createEndpoint,
  CreateEndpointConfig: createEndpointConfig,
  CreateExperiment: createExperiment,
  CreateModel: createModel,
  CreateProcessingJob: createProcessingJob,
  CreateTrainingJob: createTrainingJob,
  CreateTransformJob: createTransformJob,
  CreateTrial: createTrial,
  CreateTrialComponent: createTrialComponent,
  DeleteEndpoint: deleteEndpoint,
  DeleteEndpointConfig: deleteEndpointConfig,
  DeleteExperiment: deleteExperiment,
  DeleteModel: deleteModel,
  DeleteProcessingJob: deleteProcessingJob,
  DeleteTags: deleteTags,
  DeleteTrainingJob: deleteTrainingJob,
  DeleteTrial: deleteTrial,
  DeleteTrialComponent: deleteTrialComponent,
  DescribeEndpoint: describeEndpoint,
  DescribeEndpointConfig: describeEndpointConfig,
  DescribeExperiment: describeExperiment,
  DescribeModel: describeModel,
  DescribeProcessingJob: describeProcessingJob,
  DescribeTrainingJob: describeTrainingJob,
  DescribeTransformJob: describeTransformJob,
  DescribeTrial: describeTrial,
  DescribeTrialComponent: describeTrialComponent,
  DisassociateTrialComponent: disassociateTrialComponent,
  ListEndpointConfigs: listEndpointConfigs,
  ListEndpoints: listEndpoints,
  ListExperiments: listExperiments,
  ListModels: listModels,
  ListProcessingJobs: listProcessingJobs,
  ListTags: listTags,
  ListTrainingJobs: listTrainingJobs,
  ListTransformJobs: listTransformJobs,
  ListTrialComponents: listTrialComponents,
  ListTrials: listTrials,
  Search: search,
  StopProcessingJob: stopProcessingJob,
  StopTrainingJob: stopTrainingJob,
  StopTransformJob: stopTransformJob,
  UpdateEndpoint: updateEndpoint,
  UpdateEndpointWeightsAndCapacities: updateEndpointWeightsAndCapacities,
  UpdateTrainingJob: updateTrainingJob,
} satisfies Record<OperationName, Operation<never, object>>;
