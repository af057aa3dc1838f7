// Needs: podman, bubblewrap, python
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importBase, openPodman } from '../harness/containers.ts';
import { temporaryDirectories } from '../harness/sluice.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporaryDirectory = temporaryDirectories();

const BASE = 'localhost/sluice-base:1';
const IMAGE = 'localhost/sluice:1';
const SANDBOX = ['--security-opt', 'unmask=ALL', '--security-opt', 'seccomp=unconfined'];

const script = `
import { writeFileSync } from 'node:fs';
writeFileSync('/opt/ml/model/model.txt', process.argv.slice(2).join(' '));
`;

test('the image is built, serves its home to who signs, and runs a job in the sandbox', {
  timeout: 600_000,
}, async () => {
  const context = await temporaryDirectory();
  execFileSync('npm', ['pack', '--silent', '--pack-destination', context], { cwd: root });
  expect(await readdir(context)).toHaveLength(1);
  await using podman = await openPodman();
  importBase(podman.run, BASE);
  const npm = (name: string) => execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim();
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  podman.run(
    'build',
    '--isolation',
    'chroot',
    '--network',
    'host',
    '--volume',
    `${npm('cache')}:/root/.npm`,
    '--build-arg',
    `BASE=${BASE}`,
    '--env',
    `npm_config_registry=${npm('registry')}`,
    ...(certificates === undefined ? [] : ['--env', `NODE_EXTRA_CA_CERTS=${certificates}`]),
    '--file',
    join(root, 'packaging/Dockerfile'),
    '--tag',
    IMAGE,
    context,
  );
  podman.run('run', '--detach', '--name', 'served', ...SANDBOX, IMAGE);
  const sh = (command: string) => podman.run('exec', 'served', 'sh', '-c', command);
  sh('until wget -q -O - http://127.0.0.1:4777/_sluice/health; do sleep 0.2; done');
  expect(sh('sluice doctor --json')).toContain('"name":"sandbox","status":"ok"');
  const unsigned = sh('wget -q -S -O - http://127.0.0.1:4777/ 2>&1 || true');
  expect(unsigned).toMatch(/ 403 /);
  expect(sh('sluice env')).toMatch(/AWS_ACCESS_KEY_ID=\S+ AWS_SECRET_ACCESS_KEY=\S+/);
  sh(
    `cat > /tmp/train.ts <<'END'\n${script}\nEND\ncd /tmp && sluice train --script train.ts --hyperparameter epochs=3 --output out`,
  );
  expect(sh('ls /tmp/out')).not.toBe('');
  podman.run('stop', '--time', '60', 'served');
  expect(podman.run('inspect', '--format', '{{.State.ExitCode}}', 'served')).toBe('0');
});
