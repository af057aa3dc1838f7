import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseExecutor, type ExecutorName } from '../../src/executors/index.ts';

const door = fileURLToPath(new URL('../../src/executors/index.ts', import.meta.url));

/** Asks a process of its own, because a probe is made once for each process. */
function chooseWithout(name: string): Record<string, string> {
  const script = `
    import { chooseExecutor } from ${JSON.stringify(door)};
    const answer = await chooseExecutor(${JSON.stringify(name)}).then(
      ({ executor, note }) => ({ name: executor.name, note }),
      ({ code, message, hint }) => ({ code, message, hint }));
    console.log(JSON.stringify(answer));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: '/nonexistent' },
    encoding: 'utf8',
  });
  return JSON.parse(output) as Record<string, string>;
}

describe('chooseExecutor', () => {
  it('takes the sandbox where it works', async () => {
    expect(await chooseExecutor('auto')).toMatchObject({ executor: { name: 'sandbox' } });
    expect((await chooseExecutor('auto')).note).toBeUndefined();
  });

  it('takes plain processes when they are asked for, without a note', async () => {
    const chosen = await chooseExecutor('process');
    expect(chosen.executor.name).toBe('process');
    expect(chosen.note).toBeUndefined();
  });

  it('falls back to plain processes with one line on what differs and what helps', () => {
    const { name, note } = chooseWithout('auto');
    expect(name).toBe('process');
    expect(note).toMatch(
      /^Jobs run as plain processes.*bwrap.* is not installed\. Install bubblewrap: apt-get/,
    );
    expect(note).not.toContain('\n');
  });

  it('refuses a sandbox that does not work', () => {
    expect(chooseWithout('sandbox')).toMatchObject({
      code: 'ExecutorUnavailable',
      hint: expect.stringContaining('Install bubblewrap'),
    });
  });

  it('refuses containers where there is no engine, and says what to install', () => {
    expect(chooseWithout('container')).toMatchObject({
      code: 'ExecutorUnavailable',
      message: 'No container engine works here: podman is not installed; docker is not installed.',
      hint: expect.stringContaining('Install Podman'),
    });
  });

  it('refuses another name', async () => {
    await expect(chooseExecutor('docker' as ExecutorName)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});
