import type { Command } from 'commander';

/** The file of one command, `commands/<name>.ts`. */
export interface CommandModule {
  /** Adds arguments, options, examples and the action to a command that has its name and summary already. */
  configure(command: Command): void;
}

/** One row of the table of commands. */
export interface CommandEntry {
  /** One line, without a full stop, for the list of commands. */
  readonly summary: string;
  /** Loads the command's file; called only for the command that was asked for. */
  readonly load: () => Promise<CommandModule>;
  /** It serves until it is told to stop: its memory is held small from before its file is loaded. @default false */
  readonly serves?: true;
}

/** Every command of `sluice`, in the order of the help. A second word makes a command of a group. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: 'Run a workflow from a TypeScript or JavaScript file',
    load: () => import('./commands/run.ts'),
  },
  plan: {
    summary: 'Show where the steps of a workflow would run, and what that would take and cost',
    load: () => import('./commands/plan.ts'),
  },
  compile: {
    summary: 'Write a workflow as a graph that runs on any machine',
    load: () => import('./commands/compile.ts'),
  },
  train: { summary: 'Run one training job', load: () => import('./commands/train.ts') },
  process: { summary: 'Run one processing job', load: () => import('./commands/process.ts') },
  transform: { summary: 'Run one batch transform job', load: () => import('./commands/transform.ts') },
  'runs ls': { summary: 'List the runs of this home', load: () => import('./commands/runs-ls.ts') },
  'runs show': {
    summary: 'Show a run: its graph, results, artifacts and cost',
    load: () => import('./commands/runs-show.ts'),
  },
  'runs logs': {
    summary: 'Print what the steps of a run have printed',
    load: () => import('./commands/runs-logs.ts'),
  },
  'runs resume': {
    summary: 'Carry on a run that did not succeed',
    load: () => import('./commands/runs-resume.ts'),
  },
  'runs cancel': {
    summary: 'Cancel a run, whichever process carries it out',
    load: () => import('./commands/runs-cancel.ts'),
  },
  'runs rm': { summary: 'Remove runs with their jobs', load: () => import('./commands/runs-rm.ts') },
  'workflows ls': {
    summary: 'List the workflows that are registered with a server',
    load: () => import('./commands/workflows-ls.ts'),
  },
  'workflows register': {
    summary: 'Register a workflow with a server, under a version',
    load: () => import('./commands/workflows-register.ts'),
  },
  'jobs ls': { summary: 'List the jobs of this home', load: () => import('./commands/jobs-ls.ts') },
  'jobs show': {
    summary: 'Show all there is to know of a job',
    load: () => import('./commands/jobs-show.ts'),
  },
  'jobs logs': { summary: 'Print what a job has printed', load: () => import('./commands/jobs-logs.ts') },
  'jobs stop': { summary: 'Stop a job', load: () => import('./commands/jobs-stop.ts') },
  'jobs rm': {
    summary: 'Remove jobs that have ended, with their logs',
    load: () => import('./commands/jobs-rm.ts'),
  },
  'agent prepare': {
    summary: "In a job's container elsewhere: make its host ready",
    load: () => import('./commands/agent-prepare.ts'),
  },
  'agent feed': {
    summary: "In a job's container elsewhere: feed channels, upload checkpoints",
    load: () => import('./commands/agent-feed.ts'),
  },
  'agent collect': {
    summary: "In a job's container elsewhere: upload its results",
    load: () => import('./commands/agent-collect.ts'),
  },
  'agent model': {
    summary: "Before an endpoint's container elsewhere: bring its model",
    load: () => import('./commands/agent-model.ts'),
  },
  'endpoints create': {
    summary: 'Serve a model at an endpoint',
    load: () => import('./commands/endpoints-create.ts'),
  },
  'endpoints update': {
    summary: 'Have an endpoint serve something else',
    load: () => import('./commands/endpoints-update.ts'),
  },
  'endpoints ls': { summary: 'List endpoints', load: () => import('./commands/endpoints-ls.ts') },
  'endpoints show': {
    summary: 'Show an endpoint: its variants, what scales it, why it has failed',
    load: () => import('./commands/endpoints-show.ts'),
  },
  'endpoints invoke': {
    summary: 'Ask the model of an endpoint',
    load: () => import('./commands/endpoints-invoke.ts'),
  },
  'endpoints delete': {
    summary: 'Delete endpoints, with what was made for them',
    load: () => import('./commands/endpoints-delete.ts'),
  },
  's3 ls': { summary: 'List buckets, or the objects of one', load: () => import('./commands/s3-ls.ts') },
  's3 cp': {
    summary: 'Copy objects: up, down, between buckets, from stdin or to stdout',
    load: () => import('./commands/s3-cp.ts'),
  },
  's3 sync': { summary: 'Copy what is new or has changed', load: () => import('./commands/s3-sync.ts') },
  's3 rm': { summary: 'Remove objects', load: () => import('./commands/s3-rm.ts') },
  's3 cat': { summary: 'Print objects', load: () => import('./commands/s3-cat.ts') },
  's3 mb': { summary: 'Make a bucket', load: () => import('./commands/s3-mb.ts') },
  's3 rb': { summary: 'Remove a bucket', load: () => import('./commands/s3-rb.ts') },
  pipe: {
    summary: "Feed a channel's data through FIFOs, as SageMaker's Pipe mode does",
    load: () => import('./commands/pipe.ts'),
  },
  remote: {
    summary: 'Describe jobs, make models and endpoints, move files: the commands of the script runner',
    load: () => import('./commands/remote.ts'),
  },
  serve: {
    summary: 'Serve the home to AWS clients: SageMaker, S3 and logs on one port',
    load: () => import('./commands/serve.ts'),
    serves: true,
  },
  connector: {
    summary: "Serve Flyte: its tasks run as this home's jobs, on whichever platform",
    load: () => import('./commands/connector.ts'),
    serves: true,
  },
  'flyte register': {
    summary: 'Register workflows with Flyte: tasks, workflow and launch plan',
    load: () => import('./commands/flyte-register.ts'),
  },
  'flyte run': {
    summary: 'Register a workflow with Flyte and launch it',
    load: () => import('./commands/flyte-run.ts'),
  },
  'flyte show': {
    summary: 'Show how an execution of Flyte stands: nodes, outputs, why it has failed',
    load: () => import('./commands/flyte-show.ts'),
  },
  'flyte watch': {
    summary: 'Show an execution of Flyte until it has ended',
    load: () => import('./commands/flyte-watch.ts'),
  },
  'flyte logs': {
    summary: "Show where the logs of an execution's attempts are",
    load: () => import('./commands/flyte-logs.ts'),
  },
  'flyte abort': { summary: 'Abort an execution of Flyte', load: () => import('./commands/flyte-abort.ts') },
  'flyte execute': {
    summary: "Run a workflow's function in a container of Flyte",
    load: () => import('./commands/flyte-execute.ts'),
  },
  costs: {
    summary: 'Show what runs have cost, by workflow, task and platform',
    load: () => import('./commands/costs.ts'),
  },
  prices: {
    summary: 'List what machines cost, with source and day',
    load: () => import('./commands/prices.ts'),
  },
  'prices refresh': {
    summary: 'Fetch prices from the AWS Pricing API',
    load: () => import('./commands/prices-refresh.ts'),
  },
  prune: {
    summary: 'Make room: remove old runs, jobs and caches',
    load: () => import('./commands/prune.ts'),
  },
  backup: {
    summary: 'Write the home into one file, also while it is in use',
    load: () => import('./commands/backup.ts'),
  },
  restore: { summary: 'Make a home of a backup', load: () => import('./commands/restore.ts') },
  'workers ls': {
    summary: 'List the processes that run jobs and carry out runs, and their leases',
    load: () => import('./commands/workers-ls.ts'),
  },
  'config check': {
    summary: 'Say what is wrong with the configuration',
    load: () => import('./commands/config-check.ts'),
  },
  'config show': {
    summary: 'Show the configuration that holds, and where each value comes from',
    load: () => import('./commands/config-show.ts'),
  },
  'config trust': {
    summary: 'Let the configuration of this directory choose programs, platforms and places',
    load: () => import('./commands/config-trust.ts'),
  },
  deploy: {
    summary: 'Set up a cluster and an account from one file: configuration, roles, agent, workflows',
    load: () => import('./commands/deploy.ts'),
  },
  'iam print': {
    summary: 'Print the least policies that roles need, as JSON, Terraform or CloudFormation',
    load: () => import('./commands/iam-print.ts'),
  },
  'iam check': {
    summary: "Have IAM's simulator say whether roles may do what they need to",
    load: () => import('./commands/iam-check.ts'),
  },
  completion: {
    summary: 'Print what completes command lines in a shell',
    load: async () => (await import('./commands/completion.ts')).completionOf(() => ({ commands, groups })),
  },
  env: {
    summary: 'Print what leads AWS clients to the server of this home',
    load: () => import('./commands/env.ts'),
  },
  doctor: {
    summary: 'Show what this machine can do, and how to get what is missing',
    load: () => import('./commands/doctor.ts'),
  },
};

/** What the groups of commands are for. */
export const groups: Readonly<Record<string, string>> = {
  runs: 'List, show, resume, cancel and remove runs of workflows',
  workflows: 'Register and list workflows that a server runs',
  jobs: 'List, show, read the logs of, stop and remove jobs',
  endpoints: 'Create, update, list, show, invoke and delete endpoints: here, or on SageMaker',
  s3: 'Work with objects: in the embedded store, or in S3 where SLUICE_S3 says so',
  agent: "Keep the job contract in a job's containers elsewhere",
  workers: 'List the processes that own jobs, runs and endpoints',
  iam: 'Policies of roles: print the least, check those that there are',
  flyte: 'Register workflows with Flyte, launch them, watch and abort executions',
  config: 'Check, show and trust the configuration',
};
