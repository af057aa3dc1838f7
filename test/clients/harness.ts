import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lastJson } from '../harness/pipelines.ts';
import { pythonForModels } from '../harness/python.ts';
import { type RunningProgram, startSluice } from '../harness/sluice.ts';

const run = promisify(execFile);

/** The programs of the clients, and the scripts that they send. */
export const fixtures = fileURLToPath(new URL('../fixtures/clients', import.meta.url));

/** Time that an installation may take, in milliseconds. */
export const INSTALL_LIMIT_MS = 900_000;

/** Time that one program may take, in milliseconds. */
export const PROGRAM_LIMIT_MS = 600_000;

/** A real `sluice serve` with a home of its own. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  /** A new empty directory. */
  directory(name: string): Promise<string>;
  /**
   * Runs a program of {@link fixtures} by the Python of an environment, with the endpoint's URL alone.
   *
   * @returns its answer, and everything that it printed
   * @throws Error with all that the program and the server printed, when it fails
   */
  python(
    environment: string,
    program: string,
    args: readonly string[],
  ): Promise<{ readonly answer: Record<string, unknown>; readonly output: string }>;
}

/** Of a server. */
export interface ServedOptions {
  /** The environment that its jobs have. @default one with scikit-learn and XGBoost */
  readonly python?: string;
  /** The home's config.yaml. @default there is none */
  readonly config?: string;
}

/** Starts `sluice serve`. Dispose of it. */
export async function startServe({ python, config }: ServedOptions = {}): Promise<Served> {
  const frameworks = python ?? (await pythonForModels());
  const root = await mkdtemp(join(tmpdir(), 'clients-'));
  await mkdir(join(root, 'home'));
  if (config !== undefined) await writeFile(join(root, 'home', 'config.yaml'), config);
  const environment = { PATH: [join(frameworks, 'bin'), process.env['PATH']].join(delimiter) };
  const args = ['serve', '--port', '0', '--json', '--home', join(root, 'home')];
  const server = startSluice(args, { cwd: root, environment });
  const printed = collect(server);
  await server.printed(/"url"/);
  const { url, sdkConfiguration } = lastJson(printed.stdout()) as { url: string; sdkConfiguration: string };
  const directory = async (name: string) => {
    await mkdir(join(root, name));
    return join(root, name);
  };
  return {
    url,
    directory,
    python: async (environmentOf, program, programArgs) => {
      const answerFile = join(root, `${program.replaceAll('/', '-')}.json`);
      const env = { ...clientEnvironment(root, url, sdkConfiguration), ANSWER_FILE: answerFile };
      const output = await runPython(environmentOf, program, programArgs, env).catch((error: Error) => {
        throw new Error(`${error.message}\nThe server:\n${printed.all()}`, { cause: error });
      });
      return { answer: JSON.parse(await readFile(answerFile, 'utf8')) as Record<string, unknown>, output };
    },
    [Symbol.asyncDispose]: async () => {
      server.child.kill('SIGTERM');
      await server.ended;
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function runPython(
  environment: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const python = join(environment, 'bin', 'python');
  const options = { env, timeout: PROGRAM_LIMIT_MS, maxBuffer: 1 << 26 };
  try {
    const { stdout, stderr } = await run(python, [join(fixtures, program), ...args], options);
    return stderr + stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${program}: ${message}\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error });
  }
}

/** What `sluice serve` says to set, and nothing of the user's own. */
function clientEnvironment(root: string, url: string, sdkConfiguration: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: root,
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sluice',
    AWS_SECRET_ACCESS_KEY: 'sluice',
    SAGEMAKER_USER_CONFIG_OVERRIDE: sdkConfiguration,
  };
}

function collect({ child }: RunningProgram): { stdout(): string; all(): string } {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text: string) => (texts.stdout += text));
  child.stderr?.on('data', (text: string) => (texts.stderr += text));
  return { stdout: () => texts.stdout, all: () => texts.stdout + texts.stderr };
}
