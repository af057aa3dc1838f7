import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.mjs';

const OWN = ['bin', 'dist', 'package.json', 'LICENSE'];

/** Makes the context of packaging/agent/Dockerfile: the compiled program with the packages that it runs on. */
export function makeAgentContext(directory) {
  const target = join(directory, 'sluice');
  mkdirSync(target, { recursive: true });
  for (const name of OWN) cpSync(join(root, name), join(target, name), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries(packages)) {
    // Optional ones of other systems are in the lock file, and not here. What lies in another package came with it.
    if (path === '' || dev || path.indexOf('node_modules/', 1) > 0 || !existsSync(join(root, path))) continue;
    cpSync(join(root, path), join(target, path), { recursive: true, dereference: true });
  }
}
