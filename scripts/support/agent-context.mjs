import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './project.mjs';

const OWN = ['bin', 'dist', 'package.json', 'LICENSE'];

/** The bundler of Vite, which Vitest brings. */
function bundler() {
  const inside = (file, name) => createRequire(file).resolve(`${name}/package.json`);
  const vite = inside(inside(import.meta.url, 'vitest'), 'vite');
  return join(dirname(inside(vite, 'rolldown')), 'bin/cli.mjs');
}

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
  const config = join(root, 'packaging/agent/rolldown.config.mjs');
  const options = ['--config', config, '--dir', join(target, 'agent'), '--log-level', 'silent'];
  execFileSync(process.execPath, [bundler(), ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  cpSync(join(root, 'packaging/agent/start.mjs'), join(target, 'start.mjs'));
}
