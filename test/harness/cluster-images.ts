import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAgentContext } from '../../scripts/support/agent-context.mjs';
import { IMAGE, openPodman, type Podman } from './containers.ts';

/** What the agent's image is called in the cluster of the tests. */
export const AGENT_IMAGE = 'localhost/sluice-agent:1';

/** The image for scripts for Node.js, as the guide has it made: `packaging/sagemaker/node.Dockerfile`. */
export const NODE_IMAGE = 'localhost/sluice-node:24';

const root = join(import.meta.dirname, '../..');

/**
 * Makes the images that the tests' pods run, without a registry: {@link IMAGE}, and the same system with Sluice as it is
 * compiled, which is the agent.
 *
 * @returns an archive that a node imports
 */
export async function saveClusterImages(directory: string): Promise<string> {
  const archive = join(directory, 'images.tar');
  await using podman = await openPodman();
  const context = mkdtempSync(join(tmpdir(), 'sluice-agent-image-'));
  try {
    makeAgentContext(context);
    const base = makeBase(podman.run, context);
    const build = (dockerfile: string, tag: string, directory: string): void => {
      const from = ['--build-arg', `BASE=${base}`, '--file', join(root, 'packaging', dockerfile)];
      podman.run('build', '--isolation', 'chroot', ...from, '--tag', tag, directory);
    };
    build('agent/Dockerfile', AGENT_IMAGE, context);
    build('sagemaker/node.Dockerfile', NODE_IMAGE, root);
    podman.run('save', '--multi-image-archive', '--output', archive, IMAGE, AGENT_IMAGE, NODE_IMAGE);
  } finally {
    rmSync(context, { recursive: true });
  }
  return archive;
}

/** It stands for Debian's: no registry is asked. It says that there are certificates, so that none are fetched. */
function makeBase(run: Podman['run'], context: string): string {
  const name = 'localhost/sluice-node-base:1';
  const file = join(context, 'Base');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  writeFileSync(file, `FROM ${IMAGE}\nENTRYPOINT []\nRUN mkdir -p /etc/ssl/certs && touch ${certificates}\n`);
  run('build', '--isolation', 'chroot', '--file', file, '--tag', name, context);
  return name;
}
