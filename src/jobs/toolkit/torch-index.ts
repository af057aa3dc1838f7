import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../core/config.ts';

/** PyTorch's own index of wheels for machines without GPUs: PyPI has only those for CUDA, which bring gigabytes of NVIDIA's libraries. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

/** What leads pip to another index than PyPI: whoever sets that wants no other. */
const OWN_INDEX = ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_NO_INDEX', 'PIP_CONFIG_FILE'];
const CONFIGURATIONS = [
  '/etc/pip.conf',
  join(homedir(), '.config/pip/pip.conf'),
  join(homedir(), '.pip/pip.conf'),
];
/** Where Linux shows NVIDIA's driver. */
const GPU = '/proc/driver/nvidia/gpus';

/**
 * The index that wheels of torch are taken from on this machine, or undefined for pip's own.
 *
 * @param environment what pip is started with
 */
export function torchIndex(
  { torchIndex: given }: Configuration['frameworks'],
  environment: Readonly<Record<string, string>>,
): string | undefined {
  if (given !== undefined) return given === 'none' ? undefined : given;
  if (existsSync(GPU) || process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (OWN_INDEX.some((name) => environment[name] !== undefined)) return undefined;
  return CONFIGURATIONS.some(namesAnIndex) ? undefined : CPU_INDEX;
}

/** Whether a requirements.txt asks for torch or what is built with it. */
export function namesTorch(requirements: string): boolean {
  return /^\s*torch(?:vision|audio|text|data)?\s*(?:$|[[<>=!~;#])/m.test(requirements);
}

function namesAnIndex(path: string): boolean {
  try {
    return /^\s*(?:extra-)?index-url|^\s*no-index/m.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}
