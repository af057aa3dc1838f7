/**
 * Every error code, whose fault it is, and what it means. `docs/errors.md` lists each one; a test compares them.
 *
 * Keep the table sorted by code.
 */
export const errorCodes = {
  AccessDenied: {
    fault: 'user',
    meaning: 'An object store, the file system or FlyteAdmin does not allow the access.',
  },
  AgentResultInvalid: {
    fault: 'system',
    meaning: 'A job elsewhere has left no result that its agent has signed.',
  },
  BucketNotEmpty: { fault: 'user', meaning: 'A bucket that holds objects cannot be removed.' },
  BundleInvalid: { fault: 'user', meaning: 'A bundle of code does not hold what its digest says.' },
  BundleNotFound: { fault: 'user', meaning: 'A bundle of code is not there any more.' },
  CapacityUnavailable: { fault: 'system', meaning: 'A platform has no room for a job now.' },
  ChannelEmpty: { fault: 'user', meaning: 'An input channel names a place that holds no data.' },
  ChannelNotFound: { fault: 'user', meaning: 'An input channel names a place that does not exist.' },
  ChecksumMismatch: { fault: 'system', meaning: 'Bytes that were transferred do not fit their checksum.' },
  ClockSkew: { fault: 'user', meaning: "This machine's clock and the database's are hours apart." },
  ConfigInvalid: { fault: 'user', meaning: 'A configuration file cannot be read, or has a wrong value.' },
  ConfigUntrusted: {
    fault: 'user',
    meaning: 'A configuration file of the working directory chooses what only a trusted one may.',
  },
  CostNotApproved: { fault: 'user', meaning: 'A run would cost money, and nobody has agreed to that.' },
  CredentialsExpired: { fault: 'user', meaning: 'The credentials for a platform have expired.' },
  CredentialsInvalid: {
    fault: 'user',
    meaning: 'A platform does not know the credentials, or their signature is wrong.',
  },
  CredentialsMissing: { fault: 'user', meaning: 'There are no credentials for a platform.' },
  DatabaseForeign: { fault: 'user', meaning: 'The database holds tables of another program.' },
  DatabaseRefused: {
    fault: 'user',
    meaning: 'The database server does not let Sluice in, or not do what it needs to.',
  },
  DatabaseUnreachable: {
    fault: 'system',
    meaning: 'The database server cannot be reached, or was lost, and did not come back in time.',
  },
  DeployFailed: { fault: 'user', meaning: 'A program that a deployment is applied with has failed.' },
  DiskFull: { fault: 'system', meaning: 'The file system has no room left.' },
  EndpointBusy: { fault: 'user', meaning: 'An endpoint is being created, changed or deleted.' },
  EndpointConfigNotFound: { fault: 'user', meaning: 'No endpoint configuration has this name.' },
  EndpointFailed: { fault: 'user', meaning: 'An endpoint does not come to serve what it was to serve.' },
  EndpointNameTaken: { fault: 'user', meaning: 'Another endpoint has the name.' },
  EndpointNotFound: { fault: 'user', meaning: 'No endpoint has this name.' },
  ExecutorUnavailable: { fault: 'system', meaning: 'What should run the job does not work on this machine.' },
  GraphChanged: {
    fault: 'user',
    meaning: 'A run cannot go on, because its workflow has changed since it began.',
  },
  GraphInvalid: {
    fault: 'user',
    meaning: 'A workflow graph breaks a rule: unknown channel, missing input, cycle, two nodes of one name.',
  },
  GzipInvalid: { fault: 'user', meaning: 'An object of a Gzip channel is no whole gzip file.' },
  HomeDamaged: { fault: 'user', meaning: 'The database of the home cannot be read.' },
  HomeLocked: { fault: 'system', meaning: 'Another process holds the home.' },
  HomeReadOnly: { fault: 'user', meaning: 'The home cannot be written.' },
  HomeVersion: { fault: 'user', meaning: 'The home was written by another version of Sluice.' },
  IdempotencyMismatch: {
    fault: 'user',
    meaning: 'An idempotency key was used before, for another request.',
  },
  InstanceTypeUnavailable: {
    fault: 'user',
    meaning: 'A platform does not have the instance type that a job asks for, where it is to run.',
  },
  InternalError: { fault: 'system', meaning: 'A defect in Sluice.' },
  InvalidArgument: { fault: 'user', meaning: 'An option or argument has a wrong value.' },
  InvalidPart: {
    fault: 'user',
    meaning: 'A multipart upload is completed with a part that it does not have.',
  },
  InvalidRange: { fault: 'user', meaning: 'A range starts beyond the end of an object.' },
  JobActive: { fault: 'user', meaning: 'A job is under way.' },
  JobFailed: { fault: 'user', meaning: 'A job ended as Failed.' },
  JobNameTaken: { fault: 'user', meaning: 'Another job of this type has the name.' },
  JobNotFound: { fault: 'user', meaning: 'No job has this name.' },
  JobStopped: { fault: 'user', meaning: 'A job ended as Stopped.' },
  KeyTooLong: { fault: 'user', meaning: 'An object key has more than 1024 bytes.' },
  LeaseLost: { fault: 'system', meaning: 'Another worker has taken over what this one was away from.' },
  LimitExceeded: { fault: 'user', meaning: 'A request to a server is larger, or one more, than it allows.' },
  LogsNotFound: { fault: 'user', meaning: 'The logs of a job are not there.' },
  ManifestInvalid: {
    fault: 'user',
    meaning: 'A manifest of an input channel is not in the form that SageMaker takes.',
  },
  ModelFailed: { fault: 'user', meaning: 'The model of an endpoint answers with an error.' },
  ModelNotFound: { fault: 'user', meaning: 'No model has this name.' },
  NoPlatformFits: { fault: 'user', meaning: 'No platform that is enabled fits a task.' },
  NoSuchBucket: { fault: 'user', meaning: 'No bucket has this name.' },
  NoSuchKey: { fault: 'user', meaning: 'A bucket holds no object of this key.' },
  NoSuchUpload: { fault: 'user', meaning: 'No multipart upload of this key has this id.' },
  NotAllowed: { fault: 'user', meaning: 'The configuration does not allow what a task asks for.' },
  OutputInvalid: { fault: 'user', meaning: 'A task returned something else than it declares.' },
  OutputMissing: {
    fault: 'user',
    meaning: 'A task needs an output that the task before it has not made.',
  },
  PeerUnavailable: {
    fault: 'system',
    meaning: 'Another server of the database, which has what is asked for, cannot be reached.',
  },
  PlatformUnavailable: { fault: 'system', meaning: 'A platform cannot be reached, or cannot answer now.' },
  PreconditionFailed: {
    fault: 'user',
    meaning: 'An object is not the one that was expected: it exists, or has changed meanwhile.',
  },
  PricesUnavailable: { fault: 'system', meaning: 'Prices could not be fetched.' },
  PropertyFileInvalid: {
    fault: 'user',
    meaning: 'A processing job did not write a property file, or what it wrote is no JSON.',
  },
  QuotaExceeded: {
    fault: 'system',
    meaning: 'A job is more than an account may have at once on a platform.',
  },
  QuotaZero: { fault: 'user', meaning: 'An account may use none of the instances that a job asks for.' },
  RoleRefused: { fault: 'user', meaning: 'A role may not be assumed.' },
  RunActive: { fault: 'user', meaning: 'A run is being carried out by another process.' },
  RunFailed: { fault: 'user', meaning: 'An execution of Flyte has failed.' },
  RunKeyTaken: {
    fault: 'system',
    meaning: 'Another run begins with the same idempotency key at this moment.',
  },
  RunNotFound: { fault: 'user', meaning: 'No run has this id.' },
  RunStopped: { fault: 'user', meaning: 'A run was cancelled.' },
  ScriptNotFound: { fault: 'user', meaning: 'A script does not exist or cannot be read.' },
  ServerUnavailable: { fault: 'system', meaning: 'A server of Sluice does not answer, or cannot now.' },
  StoreUnavailable: {
    fault: 'system',
    meaning: 'An object store did not answer rightly, after every retry.',
  },
  TaskFailed: { fault: 'user', meaning: 'The function of a task threw an error.' },
  Throttled: { fault: 'system', meaning: 'A platform asks for fewer requests.' },
  TimeoutExpired: { fault: 'user', meaning: 'An attempt took longer than its task allows.' },
  WorkerNameTaken: { fault: 'user', meaning: 'Another worker that is at work has the name.' },
  WorkflowFileInvalid: {
    fault: 'user',
    meaning: 'A workflow file is missing, does not compile, or throws while it loads.',
  },
  WorkflowNotFound: {
    fault: 'user',
    meaning:
      'A file exports no workflow, or none of the name that was asked for; or none is registered under it.',
  },
  WorkflowVersionTaken: {
    fault: 'user',
    meaning: 'A version of a workflow is registered already, with another graph.',
  },
} as const satisfies Record<string, { readonly fault: 'user' | 'system'; readonly meaning: string }>;

/** A stable, documented error code. */
export type ErrorCode = keyof typeof errorCodes;
