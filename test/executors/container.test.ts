// Needs: podman
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createContainerExecutor,
  type ExecutionOptions,
  type ExecutionResult,
  killLeftovers,
} from '../../src/executors/index.ts';
import { describeExecutor } from '../conformance/executor.ts';
import { openPodman, testContainer } from '../harness/containers.ts';

const podman = await openPodman();
afterAll(() => podman[Symbol.asyncDispose]());

const settings = { pull: 'never', arguments: ['--init'] } as const;

describe('the container executor', () => {
  // As process 1, a command would not end by signals that it does not handle: that is SageMaker's way, not the suite's.
  describeExecutor(createContainerExecutor, { container: testContainer({ settings }), hosts: ['algo-1'] });
  afterEach(podman.expectNothingLeft);
});

describe('a container', () => {
  const executor = createContainerExecutor();
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-container-'));
  });
  afterEach(() => {
    const records = readdirSync(directory).filter((name) => name.endsWith('.container'));
    rmSync(directory, { recursive: true });
    podman.expectNothingLeft();
    if (records.length > 0) throw new Error(`Records of containers were left behind: ${records.join(', ')}`);
  });

  function optionsOf(
    script: string,
    more: Partial<ExecutionOptions> = {},
    host = 'algo-1',
  ): ExecutionOptions {
    const mlDirectory = join(directory, host);
    mkdirSync(join(mlDirectory, 'output'), { recursive: true });
    return {
      mlDirectory,
      command: ['sh', '-c', script],
      environment: {},
      hostname: host,
      hosts: ['algo-1'],
      onOutput: () => undefined,
      container: testContainer(),
      ...more,
    };
  }

  async function run(
    script: string,
    more: Partial<ExecutionOptions> = {},
    host = 'algo-1',
  ): Promise<ExecutionResult & { readonly output: string }> {
    let output = '';
    const onOutput = (_stream: string, chunk: Buffer): void => void (output += chunk.toString());
    const execution = await executor.start(optionsOf(script, { onOutput, ...more }, host));
    return { ...(await execution.ended), output };
  }

  it("runs the image's own ENTRYPOINT with the command as its arguments", async () => {
    const container = testContainer({ keepEntrypoint: true });
    const environment = { TRAIN: 'echo trained by $$' };
    expect(await run('', { command: ['train'], container, environment })).toMatchObject({
      output: 'trained by 1\n',
      exitCode: 0,
    });
    expect(
      await run('', { command: [], container, environment: { PROCESS: 'echo processed' } }),
    ).toMatchObject({
      output: 'processed\n',
    });
  });

  it('keeps what its image has under /opt/ml beside the directories of the job', async () => {
    expect(await run('ls /opt/ml; cat /opt/ml/code/baked')).toMatchObject({
      output: 'code\noutput\nin the image',
    });
  });

  it('is told by SIGTERM, and killed when the grace is over though it takes no notice as process 1', async () => {
    const ready = Promise.withResolvers<void>();
    const onOutput = (): void => ready.resolve();
    const execution = await executor.start(
      optionsOf('echo ready; while :; do sleep 0.05; done', { onOutput }),
    );
    await ready.promise;
    expect(await execution.stop({ graceMs: 300 })).toEqual({
      exitCode: 137,
      signal: 'SIGKILL',
      stopped: true,
    });
  });

  it('has the environment of the job and of its image, nothing of this machine', async () => {
    process.env['SLUICE_TEST_SECRET'] = 'visible';
    process.env['HTTPS_PROXY'] = 'http://proxy.invalid:1';
    const environment = { GIVEN: 'a "b"\nc', EMPTY: '', PATH: '/bin', TMPDIR: '/tmp', DOCKER_HOST: 'x' };
    const { output } = await run('env', { environment });
    delete process.env['SLUICE_TEST_SECRET'];
    delete process.env['HTTPS_PROXY'];
    expect(output).toContain('GIVEN=a "b"\nc\n');
    const names = [...output.matchAll(/^([A-Z_]+)=/gim)].map(([, name]) => name as string);
    const own = new Set(['HOME', 'HOSTNAME', 'PWD', 'SHLVL', 'TERM', 'container']);
    expect(new Set(names.filter((name) => !own.has(name)))).toEqual(new Set(Object.keys(environment)));
  });

  it.each([
    [['no-such-program'], 127, 'sluice: no-such-program: command not found\n'],
    [['/opt/ml/none'], 127, 'sluice: /opt/ml/none: no such file, or its interpreter is missing\n'],
    [['/etc/passwd'], 126, 'sluice: /etc/passwd: cannot execute: Permission denied\n'],
  ])('reports %j, which cannot be started, as a shell does', async (command, exitCode, output) => {
    expect(await run('', { command })).toEqual({ exitCode, signal: null, stopped: false, output });
  });

  it("passes on words of the command that look like the engine's", async () => {
    expect(await run('echo "Error: mine" >&2; exit 4')).toMatchObject({
      exitCode: 4,
      output: 'Error: mine\n',
    });
  });

  it("has its own name, and shared memory of half the machine's", async () => {
    const { output } = await run("hostname; df -m /dev/shm | awk 'END { print $2 }'");
    const [name, mebibytes] = output.split('\n');
    expect(name).toBe('algo-1');
    expect(Number(mebibytes)).toBe(Math.floor(totalmem() / 2 / 2 ** 20));
  });

  it('has no network where it is isolated', async () => {
    expect((await run('ip -o link | cut -d: -f2')).output).toBe(' lo\n');
  });

  it('leads a loopback port to port 8080', async () => {
    const port = 18_431;
    const ready = Promise.withResolvers<void>();
    const onOutput = (): void => ready.resolve();
    const container = testContainer({ port, isolated: false });
    const script = 'echo up > /tmp/index.html; httpd -p 8080 -h /tmp; echo ready; sleep 1000';
    const execution = await executor.start(optionsOf(script, { container, onOutput }));
    await ready.promise;
    expect(await (await fetch(`http://127.0.0.1:${port}/index.html`)).text()).toBe('up\n');
    await execution.stop({ graceMs: 0 });
  });

  it('reaches the other hosts of its job by their names, isolated from everything else', async () => {
    const hosts = ['algo-1', 'algo-2'];
    const container = testContainer({ group: directory });
    const wait = (name: string) => `until ping -c 1 -W 1 ${name} >/dev/null 2>&1; do sleep 0.1; done`;
    const script = `${wait('algo-1')}; ${wait('algo-2')}; echo "$(hostname) met all" > /opt/ml/output/met
      until [ -e /opt/ml/output/go ]; do sleep 0.05; done; ip route | grep -c default`;
    const running = hosts.map((host) => run(script, { hosts, container }, host));
    const output = (host: string, name: string) => join(directory, host, 'output', name);
    // One that went as soon as it has met the other one might not have been met itself.
    await expect
      .poll(() => hosts.every((host) => existsSync(output(host, 'met'))), { timeout: 120_000 })
      .toBe(true);
    for (const host of hosts) writeFileSync(output(host, 'go'), '');
    const results = await Promise.all(running);
    // Podman's name server may say first that it finds no system log.
    for (const { output } of results) expect(output).toMatch(/(?:^|\n)0\n$/);
    expect(readFileSync(output('algo-2', 'met'), 'utf8')).toBe('algo-2 met all\n');
  });

  it('that runs out of memory says so', async () => {
    const limited = { pull: 'never', arguments: ['--memory', '48m', '--memory-swap', '48m'] } as const;
    const container = testContainer({ settings: limited });
    expect(await run('', { command: ['tail', '/dev/zero'], container })).toMatchObject({
      exitCode: 137,
      failure: 'The container ran out of memory and was killed',
    });
  });

  it('of an image that is not there does not start, and says why', async () => {
    const container = testContainer({ image: 'localhost/none:1' });
    const result = await run('true', { container });
    expect(result).toMatchObject({
      exitCode: 125,
      failure: expect.stringMatching(/could not be started.*image/),
    });
    expect(result.output).toMatch(/^sluice: the container could not be started: /);
  });

  it('carries the labels that say whose it is', async () => {
    const ready = Promise.withResolvers<void>();
    const onOutput = (): void => ready.resolve();
    const container = testContainer({
      labels: { 'sluice.home': '/home/of/jobs', 'sluice.job': 'training/a' },
    });
    const options = optionsOf('echo ready; sleep 1000', { container, onOutput });
    const execution = await executor.start(options);
    await ready.promise;
    const labels = JSON.parse(podman.run('ps', '--format', '{{json .Labels}}')) as Record<string, string>;
    await execution.stop({ graceMs: 0 });
    expect(labels).toMatchObject({
      'sluice.home': '/home/of/jobs',
      'sluice.job': 'training/a',
      'sluice.directory': options.mlDirectory,
    });
  });

  it('whose engine program is killed ends', async () => {
    const ready = Promise.withResolvers<void>();
    const onOutput = (): void => ready.resolve();
    const execution = await executor.start(optionsOf('echo ready; sleep 1000', { onOutput }));
    await ready.promise;
    process.kill(execution.pid, 'SIGKILL');
    expect(await execution.ended).toMatchObject({ exitCode: 137, stopped: false });
  });

  it('that its owner has left behind is found and removed with its network', async () => {
    const ready = Promise.withResolvers<void>();
    const onOutput = (): void => ready.resolve();
    const hosts = ['algo-1', 'algo-2'];
    const options = optionsOf('echo ready; sleep 1000', { hosts, onOutput });
    const execution = await executor.start(options);
    await ready.promise;
    expect(podman.leftovers()).toHaveLength(2);
    await killLeftovers({ mlDirectories: [options.mlDirectory], pids: [execution.pid] });
    expect(podman.leftovers()).toEqual([]);
    await execution.ended;
    expect(readdirSync(dirname(options.mlDirectory))).toEqual(['algo-1']);
  });
});
