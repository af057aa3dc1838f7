// Needs: bubblewrap, python
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSandboxExecutor, findPython } from '../../src/executors/index.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-python-')));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function writeProgram(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
}

describe('findPython', () => {
  it('finds none on an empty PATH', () => {
    expect(findPython({ PATH: directory })).toBeUndefined();
  });

  it('finds a Python that runs', () => {
    const python = findPython();
    expect(python).toBeDefined();
    const prefix = execFileSync(python?.executable ?? '', ['-c', 'import sys; print(sys.base_prefix)'], {
      encoding: 'utf8',
    });
    expect(python?.directories).toContain(realpathSync(prefix.trim()));
  });

  it('takes the version that pyenv would take', () => {
    writeProgram(join(directory, 'shims', 'python3'), '#!/bin/sh\n');
    for (const version of ['3.10.1', '3.12.0']) {
      writeProgram(join(directory, 'versions', version, 'bin', 'python3'), '\x7fELF');
    }
    writeFileSync(join(directory, 'version'), '3.12.0\n');
    const PATH = join(directory, 'shims');
    expect(findPython({ PATH })?.executable).toBe(join(directory, 'versions', '3.12.0', 'bin', 'python3'));
    expect(findPython({ PATH, PYENV_VERSION: '3.10.1' })).toEqual({
      executable: join(directory, 'versions', '3.10.1', 'bin', 'python3'),
      binDirectory: join(directory, 'versions', '3.10.1', 'bin'),
      directories: [join(directory, 'versions', '3.10.1')],
    });
  });

  it('asks another shim which Python it stands for', () => {
    const real = findPython()?.executable ?? '';
    writeProgram(join(directory, 'python3'), `#!/bin/sh\nexec ${real} "$@"\n`);
    expect(findPython({ PATH: directory })?.executable).toBe(real);
  });

  it('shows a virtual environment to a sandboxed job, with its packages', async () => {
    const environment = join(directory, 'venv');
    execFileSync(findPython()?.executable ?? '', ['-m', 'venv', '--without-pip', environment]);
    const PATH = `${join(environment, 'bin')}:${process.env['PATH']}`;
    expect(findPython({ PATH })?.executable).toBe(join(environment, 'bin', 'python3'));
    const before = process.env['PATH'];
    process.env['PATH'] = PATH;
    try {
      let output = '';
      const ml = join(directory, 'ml');
      mkdirSync(ml);
      const execution = await createSandboxExecutor().start({
        mlDirectory: ml,
        command: ['python3', '-c', 'import sys; print(sys.prefix)'],
        environment: {},
        hostname: 'algo-1',
        hosts: ['algo-1'],
        onOutput: (_stream, chunk) => {
          output += chunk.toString();
        },
      });
      expect(await execution.ended).toMatchObject({ exitCode: 0 });
      expect(output.trim()).toBe(environment);
    } finally {
      process.env['PATH'] = before;
    }
  });
});
