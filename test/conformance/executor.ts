import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionOptions, ExecutionResult, Executor } from '../../src/executors/index.ts';

/** How a command ended, with its output as text. */
type Run = ExecutionResult & { readonly stdout: string; readonly stderr: string };

/**
 * What every executor has to do, whatever it is made of. Titles say what holds.
 *
 * @param common what every command is started with
 */
export function describeExecutor(
  createExecutor: () => Executor,
  common: Partial<ExecutionOptions> = {},
): void {
  const executor = createExecutor();
  /** The job sees this machine's programs; an image has its own, and its own rules where they start. */
  const ownSystem = !executor.capabilities.images;
  let mlDirectory: string;

  beforeAll(async () => {
    expect(await executor.probe(), `the ${executor.name} executor has to work on this machine`).toMatchObject(
      {
        available: true,
      },
    );
  });
  beforeEach(() => {
    mlDirectory = mkdtempSync(join(tmpdir(), 'sluice-executor-'));
    for (const name of ['model', 'input', 'output']) mkdirSync(join(mlDirectory, name));
  });
  afterEach(() => {
    rmSync(mlDirectory, { recursive: true, force: true });
  });

  function optionsOf(command: readonly string[], more: Partial<ExecutionOptions> = {}): ExecutionOptions {
    return {
      mlDirectory,
      command,
      environment: {},
      hostname: 'algo-1',
      hosts: ['algo-1', 'algo-2'],
      onOutput: () => undefined,
      ...common,
      ...more,
    };
  }

  async function run(command: readonly string[], more: Partial<ExecutionOptions> = {}): Promise<Run> {
    const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer): void => void chunks[stream].push(chunk);
    const execution = await executor.start(optionsOf(command, { onOutput, ...more }));
    const result = await execution.ended;
    const text = (stream: 'stdout' | 'stderr'): string => Buffer.concat(chunks[stream]).toString();
    return { ...result, stdout: text('stdout'), stderr: text('stderr') };
  }

  const shell = (script: string, more: Partial<ExecutionOptions> = {}): Promise<Run> =>
    run(['sh', '-c', script], more);

  /** Starts a script that says `ready`, and resolves when it has. */
  async function startReady(script: string) {
    let output = '';
    const ready = Promise.withResolvers<void>();
    const execution = await executor.start(
      optionsOf(['sh', '-c', script], {
        onOutput: (_stream, chunk) => {
          output += chunk.toString();
          if (output.includes('ready')) ready.resolve();
        },
      }),
    );
    await ready.promise;
    return { execution, output: () => output };
  }

  describe('the end of a command', () => {
    it.each([
      ['exit 0', 0, null],
      ['exit 1', 1, null],
      ['exit 42', 42, null],
      ['kill -KILL $$', 137, 'SIGKILL'],
      ['kill -TERM $$', 143, 'SIGTERM'],
      ['kill -SEGV $$', 139, 'SIGSEGV'],
    ] as const)('reports %s as %i', async (script, exitCode, signal) => {
      expect(await shell(script)).toMatchObject({ exitCode, signal, stopped: false });
    });

    it('is told as it was, however soon it comes', async () => {
      const results: Run[] = [];
      for (let round = 0; round < (ownSystem ? 8 : 1); round++)
        results.push(...(await Promise.all(Array.from({ length: 4 }, () => shell('exit 42')))));
      for (const result of results) expect(result).toMatchObject({ exitCode: 42, signal: null });
      expect(results.map(({ failure }) => failure)).not.toContainEqual(expect.anything());
    });

    if (ownSystem)
      it('reports a program that does not exist as 127, with a line on stderr', async () => {
        expect(await run(['no-such-program'])).toMatchObject({
          exitCode: 127,
          signal: null,
          stderr: 'sluice: no-such-program: command not found\n',
        });
      });

    if (ownSystem)
      it('reports a path that does not exist as 127', async () => {
        const result = await run(['/opt/ml/model/none']);
        expect(result).toMatchObject({ exitCode: 127 });
        expect(result.stderr).toMatch(/^sluice: \/opt\/ml\/model\/none: no such file/);
      });

    if (ownSystem)
      it('reports a file that is not executable as 126', async () => {
        writeFileSync(join(mlDirectory, 'model', 'data'), 'x', { mode: 0o644 });
        const result = await run(['/opt/ml/model/data']);
        expect(result.exitCode).toBe(126);
        expect(result.stderr).toMatch(/cannot execute: Permission denied/);
      });

    it('passes on words of the command that look like a wrapper', async () => {
      expect(await shell('echo "bwrap: execvp me: hello" >&2; exit 1')).toMatchObject({
        exitCode: 1,
        stderr: 'bwrap: execvp me: hello\n',
      });
    });
  });

  describe('output', () => {
    it('delivers 50,000 lines whole and in order', async () => {
      const { stdout, exitCode } = await run(['seq', '1', '50000']);
      expect(exitCode).toBe(0);
      expect(stdout === `${Array.from({ length: 50_000 }, (_, index) => index + 1).join('\n')}\n`).toBe(true);
    });

    it('keeps stdout and stderr apart', async () => {
      expect(await shell('echo out; echo err >&2')).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    });

    it('delivers 64 MiB without loss while the receiver is slow', async () => {
      let bytes = 0;
      let chunks = 0;
      const onOutput = (_stream: string, chunk: Buffer): void => {
        bytes += chunk.length;
        if (++chunks % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      };
      const execution = await executor.start(
        optionsOf(['head', '-c', '67108864', '/dev/zero'], { onOutput }),
      );
      expect(await execution.ended).toMatchObject({ exitCode: 0 });
      expect(bytes).toBe(67_108_864);
    });

    it('delivers what a background process wrote before the command ended', async () => {
      expect(await shell('(echo early) & wait; echo late')).toMatchObject({ stdout: 'early\nlate\n' });
    });
  });

  describe('what the job sees', () => {
    if (ownSystem)
      it('has the environment that was given, and a PATH with node and python3', async () => {
        process.env['SLUICE_TEST_SECRET'] = 'visible';
        const { stdout } = await run(['env'], { environment: { GIVEN: 'a=b "c"\nd', EMPTY: '' } });
        delete process.env['SLUICE_TEST_SECRET'];
        expect(stdout).toContain('GIVEN=a=b "c"\nd\n');
        expect(stdout).toContain('EMPTY=\n');
        const names = stdout.match(/^[A-Z_]+(?==)/gm) ?? [];
        const own = new Set(['PATH', 'HOME', 'PWD', 'SLUICE_EXECUTION_ID']);
        expect(names.filter((name) => !own.has(name)).sort()).toEqual(['EMPTY', 'GIVEN']);
        const versions = await shell('node --version && python3 --version');
        expect(versions.stdout).toMatch(new RegExp(`^${process.version}\nPython 3\\.`));
      });

    if (ownSystem)
      it('keeps a PATH that was given in front', async () => {
        const { stdout } = await shell('echo "$PATH"', { environment: { PATH: '/first' } });
        expect(stdout).toMatch(/^\/first:/);
      });

    it('has its directory at /opt/ml, writable, in arguments and environment', async () => {
      writeFileSync(join(mlDirectory, 'input', 'data.txt'), 'hello');
      const { stdout, exitCode } = await run(
        [
          'sh',
          '-c',
          'cat "$1"; cat "$DIR/data.txt"; echo made > "$2"',
          'sh',
          '/opt/ml/input/data.txt',
          '/opt/ml/model/out',
        ],
        { environment: { DIR: '/opt/ml/input' } },
      );
      expect({ stdout, exitCode }).toEqual({ stdout: 'hellohello', exitCode: 0 });
      expect(readFileSync(join(mlDirectory, 'model', 'out'), 'utf8')).toBe('made\n');
    });

    it('finds paths in options and in JSON', async () => {
      writeFileSync(join(mlDirectory, 'input', 'data.txt'), 'hello');
      const script =
        'const fs = require("node:fs");' +
        'console.log(fs.readFileSync(process.argv[1].split("=")[1] + "/data.txt", "utf8"), fs.readFileSync(JSON.parse(process.env.CONFIG).dir + "/data.txt", "utf8"))';
      const { stdout, stderr } = await run(['node', '-e', script, '--', '--dir=/opt/ml/input'], {
        environment: { CONFIG: '{"dir":"/opt/ml/input"}' },
      });
      expect({ stdout, stderr }).toEqual({ stdout: 'hello hello\n', stderr: '' });
    });

    if (ownSystem)
      it('works in /opt/ml/code where there is one, and where it is told', async () => {
        mkdirSync(join(mlDirectory, 'code'));
        writeFileSync(join(mlDirectory, 'code', 'here'), '');
        writeFileSync(join(mlDirectory, 'model', 'there'), '');
        expect((await shell('ls')).stdout).toBe('here\n');
        expect((await shell('ls', { workingDirectory: '/opt/ml/model' })).stdout).toBe('there\n');
      });

    it('runs TypeScript with node', async () => {
      mkdirSync(join(mlDirectory, 'code'));
      writeFileSync(join(mlDirectory, 'code', 'main.ts'), 'const text: string = "typed"; console.log(text);');
      expect(await run(['node', '/opt/ml/code/main.ts'])).toMatchObject({ exitCode: 0, stdout: 'typed\n' });
    });

    it('reads and writes FIFOs in its directory', async () => {
      execFileSync('mkfifo', [join(mlDirectory, 'input', 'train_0')]);
      const reading = shell('cat "$FIFO"', {
        environment: { FIFO: '/opt/ml/input/train_0' },
      });
      await writeFile(join(mlDirectory, 'input', 'train_0'), 'through the pipe');
      expect(await reading).toMatchObject({ stdout: 'through the pipe', exitCode: 0 });
    });

    if (ownSystem)
      it('has shared memory and a temporary directory', async () => {
        const script =
          'from multiprocessing import shared_memory; s = shared_memory.SharedMemory(create=True, size=1 << 20); s.buf[0] = 7; print(s.buf[0]); s.close(); s.unlink(); import tempfile; print(tempfile.TemporaryFile().write(b"x"))';
        expect(await run(['python3', '-c', script])).toMatchObject({ exitCode: 0, stdout: '7\n1\n' });
      });

    it('runs two commands at once, each in its own directory', async () => {
      const other = mkdtempSync(join(tmpdir(), 'sluice-executor-'));
      try {
        writeFileSync(join(mlDirectory, 'who'), 'first');
        writeFileSync(join(other, 'who'), 'second');
        const results = await Promise.all([
          run(['cat', '/opt/ml/who']),
          run(['cat', '/opt/ml/who'], { mlDirectory: other }),
        ]);
        expect(results.map((result) => result.stdout)).toEqual(['first', 'second']);
      } finally {
        rmSync(other, { recursive: true });
      }
    });
  });

  describe('stopping', () => {
    it('lets a command that handles SIGTERM end by itself', async () => {
      const { execution, output } = await startReady(
        'trap "echo cleaning up; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
      );
      expect(await execution.stop({ graceMs: 20_000 })).toEqual({ exitCode: 3, signal: null, stopped: true });
      expect(output()).toContain('cleaning up');
    });

    it('ends a command that does not handle SIGTERM by the signal', async () => {
      const { execution } = await startReady('echo ready; exec sleep 600');
      expect(await execution.stop({ graceMs: 20_000 })).toEqual({
        exitCode: 143,
        signal: 'SIGTERM',
        stopped: true,
      });
    });

    it('sends SIGTERM to the command alone, not to its children', async () => {
      const { execution, output } = await startReady(
        'sh -c "trap \\"echo child was asked\\" TERM; while :; do sleep 0.05; done" & trap "exit 5" TERM; echo ready; wait',
      );
      expect(await execution.stop({ graceMs: 20_000 })).toMatchObject({ exitCode: 5 });
      expect(output()).not.toContain('child was asked');
    });

    it('kills a tree that ignores SIGTERM, grandchildren and runaways included', async () => {
      const mark = `8${process.pid}${Date.now() % 100_000}`;
      const { execution } = await startReady(
        `trap "" TERM; sh -c 'trap "" TERM; sleep ${mark} & wait' & (setsid sleep ${mark} &) ; echo ready; while :; do sleep 0.05; done`,
      );
      expect(await execution.stop({ graceMs: 100 })).toEqual({
        exitCode: 137,
        signal: 'SIGKILL',
        stopped: true,
      });
      expect(processesWith(mark)).toEqual([]);
    });

    it('leaves nothing running when the command ends by itself', async () => {
      const mark = `9${process.pid}${Date.now() % 100_000}`;
      expect(await shell(`sleep ${mark} & (setsid sleep ${mark} >/dev/null 2>&1 &) ; exit 0`)).toMatchObject({
        exitCode: 0,
      });
      expect(processesWith(mark)).toEqual([]);
    });

    it('takes the shorter grace when it is asked again', async () => {
      const { execution } = await startReady('trap "" TERM; echo ready; while :; do sleep 0.05; done');
      const first = execution.stop({ graceMs: 600_000 });
      expect(await execution.stop({ graceMs: 0 })).toMatchObject({ exitCode: 137, stopped: true });
      expect(await first).toMatchObject({ exitCode: 137, stopped: true });
    });

    it('stops a command that has hardly begun', async () => {
      const execution = await executor.start(optionsOf(['sleep', '600']));
      expect(await execution.stop({ graceMs: 20_000 })).toMatchObject({ exitCode: 143, stopped: true });
    });

    it('changes nothing once the command has ended', async () => {
      const execution = await executor.start(optionsOf(['true']));
      const ended = await execution.ended;
      expect(await execution.stop({ graceMs: 0 })).toEqual(ended);
      expect(ended).toEqual({ exitCode: 0, signal: null, stopped: false });
    });
  });

  if (executor.capabilities.realPaths)
    describe('isolation', () => {
      if (ownSystem)
        it("has the job's own host name, and all hosts resolve to this machine", async () => {
          const script =
            'import socket; print(socket.gethostname(), socket.gethostbyname("algo-1"), socket.gethostbyname("algo-2"))';
          expect((await run(['python3', '-c', script])).stdout).toBe('algo-1 127.0.0.1 127.0.0.1\n');
          expect(hostname()).not.toBe('algo-1');
        });

      it('cannot see the home of the user, nor other temporary files', async () => {
        const secret = mkdtempSync(join(homedir(), '.sluice-secret-'));
        const temporary = mkdtempSync(join(tmpdir(), 'sluice-secret-'));
        try {
          const script = 'for path in "$@"; do test -e "$path" && echo "sees $path"; done; true';
          const paths = [
            secret,
            temporary,
            '/etc/shadow',
            join(homedir(), '.ssh'),
            // Programs in /opt are part of the system that is shown.
            ...(process.cwd().startsWith('/opt/') ? [] : [join(process.cwd(), 'package.json')]),
          ];
          expect((await run(['sh', '-c', script, 'sh', ...paths])).stdout).toBe('');
        } finally {
          rmSync(secret, { recursive: true });
          rmSync(temporary, { recursive: true });
        }
      });

      it('cannot see processes outside', async () => {
        const { stdout } = await shell('ls /proc | grep -c "^[0-9]"');
        expect(Number(stdout)).toBeLessThan(8);
      });

      if (ownSystem)
        it('cannot change the system', async () => {
          const { stdout } = await shell(
            'for path in /usr/x /etc/alternatives/x /etc/ssl/certs/x /usr/bin/env /run/sluice/bin/node; do ( : >> $path ) 2>/dev/null && echo "wrote $path"; done; mount -o remount,rw /usr 2>/dev/null && echo remounted; true',
          );
          expect(stdout).toBe('');
        });

      it('has a private home and /tmp that it may write, and that nobody sees after it', async () => {
        await shell('echo x > /tmp/left && echo x > ~/left && echo x > /dev/shm/left');
        const { stdout } = await shell('ls /tmp/left ~/left /dev/shm/left 2>/dev/null; echo "$HOME"');
        expect(stdout).toBe('/root\n');
        expect(existsSync('/tmp/left')).toBe(false);
      });
    });

  if (executor.capabilities.mounts)
    describe('mounts', () => {
      let outside: string;
      beforeEach(() => {
        outside = mkdtempSync(join(tmpdir(), 'sluice-outside-'));
      });
      afterEach(() => {
        rmSync(outside, { recursive: true });
      });

      it('shows directories and files at other paths, and a read-only one cannot be altered', async () => {
        mkdirSync(join(outside, 'data'));
        writeFileSync(join(outside, 'data', 'a.csv'), 'one');
        writeFileSync(join(outside, 'b.csv'), 'two');
        const mounts = [
          { source: join(outside, 'data'), target: '/opt/ml/input/data/train', readOnly: true },
          { source: join(outside, 'b.csv'), target: '/opt/ml/input/data/test/b.csv', readOnly: true },
          { source: join(outside, 'data'), target: '/somewhere/else', readOnly: false },
        ];
        const script =
          'cd /opt/ml/input/data; cat train/a.csv test/b.csv; (echo x > train/a.csv) 2>/dev/null || echo kept; (rm -f train/a.csv) 2>/dev/null || echo kept; (echo x > test/b.csv) 2>/dev/null || echo kept; mount -o remount,rw,bind /opt/ml/input/data/train 2>/dev/null && echo remounted; echo new > /somewhere/else/new';
        expect((await shell(script, { mounts })).stdout).toBe('onetwokept\nkept\nkept\n');
        expect(readFileSync(join(outside, 'data', 'a.csv'), 'utf8')).toBe('one');
        expect(readFileSync(join(outside, 'data', 'new'), 'utf8')).toBe('new\n');
      });

      it("leaves nothing of a mount behind in the job's directory", async () => {
        writeFileSync(join(outside, 'file'), 'x');
        const mounts = [
          { source: outside, target: '/opt/ml/model/shown', readOnly: true },
          { source: join(outside, 'file'), target: '/opt/ml/output/data/deep/file', readOnly: true },
        ];
        const { stdout } = await shell(
          'ls /opt/ml/model/shown /opt/ml/output/data/deep; echo kept > /opt/ml/output/data/own',
          {
            mounts,
          },
        );
        expect(stdout).toBe('/opt/ml/model/shown:\nfile\n\n/opt/ml/output/data/deep:\nfile\n');
        expect(readdirSync(join(mlDirectory, 'model'))).toEqual([]);
        expect(readdirSync(join(mlDirectory, 'output', 'data'))).toEqual(['own']);
      });

      it('shows FIFOs', async () => {
        execFileSync('mkfifo', [join(outside, 'fifo')]);
        const mounts = [
          { source: join(outside, 'fifo'), target: '/opt/ml/input/data/train_0', readOnly: false },
        ];
        const reading = shell('cat /opt/ml/input/data/train_0', { mounts });
        await writeFile(join(outside, 'fifo'), 'epoch');
        expect(await reading).toMatchObject({ stdout: 'epoch', exitCode: 0 });
      });

      it('lets a later mount lie in an earlier one', async () => {
        mkdirSync(join(outside, 'outer', 'inner'), { recursive: true });
        mkdirSync(join(outside, 'other'));
        writeFileSync(join(outside, 'other', 'deep'), '');
        const mounts = [
          { source: join(outside, 'outer'), target: '/opt/ml/input/data/a', readOnly: false },
          { source: join(outside, 'other'), target: '/opt/ml/input/data/a/inner', readOnly: true },
        ];
        expect((await shell('ls /opt/ml/input/data/a/inner', { mounts })).stdout).toBe('deep\n');
      });

      it('lets the job write over a copy-on-write mount, whose source stays as it is', async () => {
        expect(await executor.canOverlay(mlDirectory)).toBe(true);
        writeFileSync(join(outside, 'kept'), 'theirs');
        const target = '/opt/ml/input/data/train';
        const mounts = [{ source: outside, target, readOnly: true, copyOnWrite: true }];
        const script = `cd ${target}; echo mine > kept; echo x > new; cat kept; ls`;
        expect(await shell(script, { mounts })).toMatchObject({ exitCode: 0, stdout: 'mine\nkept\nnew\n' });
        expect(readdirSync(outside)).toEqual(['kept']);
        expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('theirs');
      });

      it('refuses a mount whose source does not exist', async () => {
        const mounts = [{ source: join(outside, 'none'), target: '/opt/ml/input/data/a', readOnly: true }];
        await expect(run(['true'], { mounts })).rejects.toMatchObject({ code: 'InvalidArgument' });
      });
    });
}

/** Command lines of living processes that hold this text. */
function processesWith(text: string): string[] {
  return execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !line.startsWith('Z'));
}
