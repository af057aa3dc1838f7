import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { absolutePlaces } from '../../graph/index.ts';
import { leastRoles, needsOf } from '../../platforms/iam/index.ts';
import type { WorkflowVersionBody } from '../../server/index.ts';
import { type CliContext, readContext } from '../context.ts';
import { applyRoles } from '../deploy/apply-roles.ts';
import { kubernetesFiles } from '../deploy/kubernetes-files.ts';
import { type Deployment, readDeployment } from '../deploy/read-deployment.ts';
import { hasTool, readTool, runTool } from '../deploy/run-tool.ts';
import { terraformFiles } from '../deploy/terraform-files.ts';
import { collect } from '../key-value.ts';
import { openRunnable } from '../open-runnable.ts';
import { printDocument } from '../output.ts';
import { sendGraph } from '../remote/run-remotely.ts';
import { requiredServer } from '../remote/server-option.ts';
import { writeFiles } from '../write-files.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly render?: boolean;
  readonly with?: readonly string[];
  readonly out: string;
  readonly context?: string;
}

/** One part of what was done. */
interface Step {
  readonly what: string;
  readonly status: 'applied' | 'looked at' | 'left';
  readonly note?: string;
}

/** `sluice deploy` */
export function configure(command: Command): void {
  command
    .argument('<file>', 'what is deployed: deploy.yaml')
    .addOption(new Option('--dry-run', 'show what would change; nothing does').conflicts('render'))
    .option('--render', 'write the files, and apply nothing')
    .option('--out <directory>', 'where manifests and roles are written', 'deploy')
    .option(
      '--with <file>',
      'a file of yours in terraform/ that is applied too: backend.tf; repeat for more',
      collect,
    )
    .option('--context <name>', "the cluster, by its name in kubectl's configuration")
    .addHelpText(
      'after',
      `
Makes of one file what a cluster and an account need: a Kustomize directory with
the ConfigMap of plugins.yaml, service accounts and the agent; Terraform with the
least policies of all roles; and registered workflows. Applies them with kubectl
and terraform, which say what they do; the same again changes nothing. What is
not here is left, with the line to run elsewhere. Start with --dry-run.

  namespace: flyte
  account: "123456789012"
  cluster: my-cluster              # EKS; roles by Pod Identity
  plugins: plugins.yaml
  agent: { image: registry.example.com/sluice:1.0 }
  serviceAccounts: { flytepropeller: propeller, default: flyte-execution }
  server: https://sluice.example.com
  workflows: [{ file: pipeline.ts, as: "1.0" }]

Examples:
  sluice deploy deploy.yaml --dry-run
  sluice deploy deploy.yaml --render --out build/
  sluice deploy deploy.yaml --context production`,
    )
    .action(async (file: string, options: Options) => {
      const context = readContext(command);
      const deployment = await readDeployment(file);
      const temporary = options.dryRun ? await mkdtemp(join(tmpdir(), 'sluice-deploy-')) : undefined;
      try {
        const out = temporary ?? resolve(options.out);
        const files = await writeAll(deployment, out);
        const { cache } = context.paths;
        const steps = options.render
          ? []
          : [
              await makeRoles({ out, files, cache }, options),
              await applyManifests(out, deployment.namespace, options),
              ...(await registerWorkflows(context, deployment, options)),
            ];
        const document = {
          files: temporary ? files.map((each) => each.slice(out.length + 1)) : files,
          steps,
        };
        printDocument(context, document, toText);
      } finally {
        if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
      }
    });
}

async function writeAll(deployment: Deployment, out: string): Promise<string[]> {
  const { platforms, account, region = platforms.sagemaker?.region ?? 'us-east-1', directory } = deployment;
  const graphs = [];
  for (const { file } of deployment.workflows) {
    const runnable = await openRunnable(resolve(directory, file));
    graphs.push(absolutePlaces(runnable.graph, directory));
    await runnable.close();
  }
  const needs = needsOf(graphs, platforms, deployment.buckets);
  const roles = leastRoles({ needs, platforms, account, region });
  return [
    ...writeFiles(join(out, 'kubernetes'), kubernetesFiles(deployment)),
    ...writeFiles(join(out, 'terraform'), await terraformFiles({ ...deployment, region }, roles)),
  ];
}

async function makeRoles(
  { out, files, cache }: { readonly out: string; readonly files: readonly string[]; readonly cache: string },
  { dryRun = false, with: others = [] }: Options,
): Promise<Step> {
  const directory = join(out, 'terraform');
  const what = 'roles';
  if (!hasTool('terraform')) return left(what, 'terraform', `terraform -chdir=${directory} apply`, dryRun);
  const written = files.filter((file) => dirname(file) === directory).map((file) => basename(file));
  await applyRoles({ directory, written, others, cache, dryRun });
  return { what, status: dryRun ? 'looked at' : 'applied' };
}

async function applyManifests(
  out: string,
  namespace: string,
  { dryRun = false, context }: Options,
): Promise<Step> {
  const directory = join(out, 'kubernetes');
  const what = 'cluster';
  if (!hasTool('kubectl')) return left(what, 'kubectl', `kubectl apply -k ${directory}`, dryRun);
  const at = context === undefined ? [] : ['--context', context];
  if (!dryRun) {
    await runTool('kubectl', ['apply', '-k', directory, ...at]);
    return { what, status: 'applied' };
  }
  // The server compares with what is there, and refuses what is to be in a namespace that is not.
  const found = await readTool('kubectl', [
    'get',
    'namespace',
    namespace,
    '--ignore-not-found',
    '-o',
    'name',
    ...at,
  ]);
  if (found.trim() === '') {
    await runTool('kubectl', ['apply', '-k', directory, '--dry-run=client', ...at]);
    return {
      what,
      status: 'looked at',
      note: `there is no namespace '${namespace}' yet: all of it would be made`,
    };
  }
  // Exit code 1: there are differences.
  await runTool('kubectl', ['diff', '-k', directory, ...at], { accepted: [0, 1] });
  return { what, status: 'looked at' };
}

function left(what: string, tool: string, line: string, dryRun: boolean): Step {
  const then = dryRun ? 'nothing was looked at' : `run where it is: ${line}`;
  return { what, status: 'left', note: `${tool} is not here; ${then}` };
}

async function registerWorkflows(
  context: CliContext,
  { server: url, workflows, directory }: Deployment,
  { dryRun = false }: Options,
): Promise<Step[]> {
  if (url === undefined || workflows.length === 0) return [];
  if (dryRun)
    return workflows.map(({ file, as }) => ({ what: `workflow ${file} as ${as}`, status: 'looked at' }));
  const server = await requiredServer({ server: url }, context);
  const steps: Step[] = [];
  for (const { file, as } of workflows) {
    const graph = await sendGraph(server, resolve(directory, file), undefined);
    const path = `/workflows/${graph.name}/versions/${encodeURIComponent(as)}`;
    const { name, version } = await server.ask<WorkflowVersionBody>('PUT', path, { body: graph });
    steps.push({ what: `workflow ${name} ${version}`, status: 'applied' });
  }
  return steps;
}

function toText({
  files,
  steps,
}: {
  readonly files: readonly string[];
  readonly steps: readonly Step[];
}): string {
  return [
    ...files,
    ...steps.map(({ what, status, note }) => `${what}: ${status}${note === undefined ? '' : ` (${note})`}`),
  ].join('\n');
}
