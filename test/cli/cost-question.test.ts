// Needs: python
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { mainFile, sluice, temporaryDirectories } from '../harness/sluice.ts';
import { startOnTerminal, type TerminalProgram } from '../harness/terminal.ts';

const temporaryDirectory = temporaryDirectories();

/** One job that SageMaker would be paid for. Nobody has credentials. */
const GRAPH = {
  version: 2,
  name: 'dear',
  interface: { inputs: {}, outputs: {} },
  tasks: {
    train: {
      type: 'training',
      name: 'train',
      interface: { inputs: {}, outputs: {} },
      image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1',
      role: 'arn:aws:iam::123456789012:role/Exec',
      instanceType: 'ml.m5.xlarge',
      instanceCount: 1,
      volumeSizeInGB: 30,
      environment: {},
      maxRuntimeInSeconds: 600,
      channels: {},
      hyperparameters: {},
      metricDefinitions: [],
      enableManagedSpotTraining: false,
      platform: 'sagemaker',
    },
  },
  nodes: [{ id: 'train', task: 'train', inputs: {}, after: [] }],
  outputs: {},
};

const environment = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_PROFILE: '',
};
const QUESTION = 'The run would cost about $0.23 on sagemaker. Begin? [y/N]';

let cwd: string;
let home: string;
beforeEach(async () => {
  cwd = await temporaryDirectory();
  home = join(cwd, 'home');
  await mkdir(home);
  await writeFile(join(home, 'config.yaml'), 'platforms: { sagemaker: { region: us-east-1 } }\n');
  await writeFile(join(cwd, 'graph.json'), JSON.stringify(GRAPH));
});

const ask = (): TerminalProgram =>
  startOnTerminal(process.execPath, [mainFile, 'run', 'graph.json'], { cwd, home, environment });

async function runs(): Promise<unknown[]> {
  const { stdout } = await sluice(['runs', 'ls', '--json'], { cwd, home });
  return (JSON.parse(stdout) as { runs: unknown[] }).runs;
}

describe('a run that costs money, at a terminal', { timeout: 120_000 }, () => {
  test('begins where the answer is y: it is then for want of credentials that it fails', async () => {
    const program = ask();
    await program.printed(QUESTION);
    program.type('y\r');
    const { code, stdout } = await program.ended;
    expect(stdout).toContain('CredentialsMissing: GetCallerIdentity: Could not load credentials');
    expect(code).toBe(1);
    const [run] = (await runs()) as { id: string }[];
    const resume = ['runs', 'resume', run?.id ?? ''];
    const refused = await sluice(resume, { cwd, home, environment });
    expect(refused.stderr).toContain(
      'CostNotApproved: To carry the run on would cost about $0.23 on sagemaker.',
    );
    const agreed = await sluice([...resume, '--yes'], { cwd, home, environment });
    expect(agreed.stderr).toContain('CredentialsMissing');
    await writeFile(
      join(home, 'config.yaml'),
      'platforms: { sagemaker: { region: us-east-1 } }\nrouter: { maxCostInUSDPerRun: 0.1 }\n',
    );
    const capped = await sluice([...resume, '--yes'], { cwd, home, environment });
    expect(capped.stderr).toContain('more than router.maxCostInUSDPerRun, $0.10');
  });

  test.each([
    ['n', 'n\r'],
    ['nothing', '\r'],
    ['the end of input, Ctrl-D', '\u0004'],
  ])('does not begin where the answer is %s', async (_title, typed) => {
    const program = ask();
    await program.printed(QUESTION);
    program.type(typed);
    const { code, stdout } = await program.ended;
    expect(stdout).toContain('CostNotApproved');
    expect(code).toBe(1);
    expect(await runs()).toEqual([]);
  });

  test('does not begin where Ctrl-C is the answer', async () => {
    const program = ask();
    await program.printed(QUESTION);
    program.interrupt();
    expect((await program.ended).code).toBe(130);
    expect(await runs()).toEqual([]);
  });
});

test('an endpoint that costs money asks as a run does, until a cap answers', {
  timeout: 120_000,
}, async () => {
  const create = (...more: string[]) =>
    sluice(['endpoints', 'create', 'x', '--platform', 'sagemaker', '--image', 'own:1', ...more], {
      cwd,
      home,
      environment,
    });
  expect((await create()).stderr).toContain(
    'CostNotApproved: The endpoint would cost about $0.12 an hour on sagemaker, until it is deleted.',
  );
  expect((await create('--yes')).stderr).toContain('CredentialsMissing');
  const cap = (usd: number) =>
    writeFile(
      join(home, 'config.yaml'),
      `platforms: { sagemaker: { region: us-east-1 } }\nrouter: { maxCostInUSDPerRun: ${usd} }\n`,
    );
  await cap(0.2);
  expect((await create()).stderr).toContain('CredentialsMissing');
  const several = await create('--max-instances', '4', '--invocations-per-instance', '70');
  expect(several.stderr).toContain('would cost $0.46 an hour on sagemaker, until it is deleted: more than');
});

test('without a terminal it is refused, and --yes is named; with --json, too', {
  timeout: 120_000,
}, async () => {
  for (const more of [[], ['--json']]) {
    const { code, stderr } = await sluice(['run', 'graph.json', ...more], { cwd, home, environment });
    expect(code).toBe(1);
    expect(stderr).toContain('The run would cost about $0.23 on sagemaker.');
    expect(stderr).toContain('--yes');
  }
});
