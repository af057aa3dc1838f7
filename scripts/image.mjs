// Builds the image sluice/agent with Podman or Docker: `npm run image`, `npm run image -- --tag NAME --base IMAGE`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeAgentContext } from './support/agent-context.mjs';
import { prepareProject, root } from './support/project.mjs';

// A test that builds the image runs in a project that is ready.
if (process.env['npm_lifecycle_event'] === 'image') await prepareProject();

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: `sluice/agent:${version}` },
    base: { type: 'string' },
    engine: { type: 'string' },
  },
});

const engine =
  values.engine ?? ['podman', 'docker'].find((name) => spawnSync(name, ['--version']).status === 0);
if (engine === undefined) {
  console.error('npm run image needs Podman or Docker.');
  process.exit(1);
}
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

const context = mkdtempSync(join(tmpdir(), 'sluice-image-'));
try {
  makeAgentContext(context);
  const base = values.base === undefined ? [] : ['--build-arg', `BASE=${values.base}`];
  const file = join(root, 'packaging/agent/Dockerfile');
  // What is run to build it needs no namespaces of its own.
  const isolation = engine === 'podman' ? ['--isolation', 'chroot'] : [];
  const parameters = ['build', ...isolation, ...base, '--file', file, '--tag', values.tag, context];
  process.exitCode = spawnSync(engine, parameters, { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(context, { recursive: true, force: true });
}
