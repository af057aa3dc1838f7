import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAgentContext } from '../../scripts/support/agent-context.mjs';
import { nodePrograms } from '../../scripts/support/cluster.mjs';
import { IMAGE, openPodman, type Podman } from './containers.ts';

/** What the agent's image is called in the cluster of the tests. */
export const AGENT_IMAGE = 'localhost/sluice-agent:1';

/** The image for scripts for Node.js, as the guide has it made: `packaging/sagemaker/node.Dockerfile`. */
export const NODE_IMAGE = 'localhost/sluice-node:24';

/** Nothing but one program, which prints its arguments. */
export const SHELLLESS_IMAGE = 'localhost/sluice-no-shell:1';

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
    makeShellless(podman.run, context);
    const images = [IMAGE, AGENT_IMAGE, NODE_IMAGE, SHELLLESS_IMAGE];
    podman.run('save', '--multi-image-archive', '--output', archive, ...images);
  } finally {
    rmSync(context, { recursive: true });
  }
  return archive;
}

function makeShellless(run: Podman['run'], context: string): void {
  const tree = join(context, 'no-shell');
  mkdirSync(tree);
  // busybox is what it is called.
  cpSync(join(nodePrograms(), 'bin/busybox'), join(tree, 'echo'));
  const file = join(tree, 'Dockerfile');
  writeFileSync(file, 'FROM scratch\nCOPY echo /echo\nENTRYPOINT ["/echo"]\n');
  run('build', '--isolation', 'chroot', '--file', file, '--tag', SHELLLESS_IMAGE, tree);
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
