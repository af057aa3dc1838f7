import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findGpus } from '../../src/executors/gpu/find-gpus.ts';
import { gpuArguments } from '../../src/executors/gpu/gpu-arguments.ts';
import { gpuView } from '../../src/executors/gpu/gpu-view.ts';
import { gpuEnvironment, holdGpus } from '../../src/executors/gpu/hold-gpus.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-gpu-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Makes a machine of these files. */
function machine(files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const information = (minor: number) =>
  `Model: \t\t NVIDIA H100 80GB HBM3\nGPU UUID: \t GPU-${minor}\nDevice Minor: \t ${minor}\n`;

const TWO_GPUS = {
  'dev/nvidia0': '',
  'dev/nvidia1': '',
  'dev/nvidiactl': '',
  'dev/nvidia-uvm': '',
  'dev/nvidia-uvm-tools': '',
  'dev/nvidia-caps/nvidia-cap1': '',
  'dev/sda': '',
  'usr/lib/x86_64-linux-gnu/libcuda.so.1': '',
  // The order of the bus is not that of the devices.
  'proc/driver/nvidia/gpus/0000:08:00.0/information': information(0),
  'proc/driver/nvidia/gpus/0000:04:00.0/information': information(1),
  'proc/driver/nvidia/version':
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n',
};

describe('GPUs are found by their devices', () => {
  test('with what the driver tells of them', () => {
    expect(findGpus(machine(TWO_GPUS), '')).toEqual({
      gpus: [
        { device: 'nvidia1', index: 0, model: 'NVIDIA H100 80GB HBM3' },
        { device: 'nvidia0', index: 1, model: 'NVIDIA H100 80GB HBM3' },
      ],
      driver: '550.54.15',
      shared: ['nvidia-caps', 'nvidia-uvm', 'nvidia-uvm-tools', 'nvidiactl'],
      libraries: ['/usr/lib/x86_64-linux-gnu'],
      unknownToLoader: [],
    });
  });

  test('where the driver tells nothing, and its libraries lie elsewhere', () => {
    const found = findGpus(
      machine({
        'dev/nvidia0': '',
        'dev/nvidiactl': '',
        'etc/ld.so.conf.d/driver.conf': '# the driver\n/data/driver/lib\n',
        'data/driver/lib/libnvidia-ml.so.550': '',
        'usr/local/nvidia/lib64/libcuda.so.1': '',
        'srv/cuda/libcuda.so': '',
      }),
      '/srv/cuda:relative',
    );
    expect(found).toMatchObject({
      gpus: [{ device: 'nvidia0', index: 0 }],
      libraries: ['/data/driver/lib', '/usr/local/nvidia/lib64', '/srv/cuda'],
      unknownToLoader: ['/usr/local/nvidia/lib64', '/srv/cuda'],
    });
  });

  test('and where there are none, nothing of a driver is shown', () => {
    const found = findGpus(machine({ 'dev/nvidiactl': '', 'usr/lib64/libcuda.so.1': '' }), '');
    expect(found).toMatchObject({ gpus: [], shared: [], libraries: [] });
    const held = holdGpus(4, found);
    expect(gpuView(held)).toEqual({ arguments: [], environment: {}, devices: [] });
    expect(gpuArguments({ kind: 'podman' }, held)).toEqual([]);
  });
});

describe('a command gets the GPUs of its instance type', () => {
  const gpus = () => findGpus(machine(TWO_GPUS), '');

  test('all of them: it is told nothing, as on an instance', () => {
    using held = disposable(holdGpus(8, gpus()));
    expect(gpuEnvironment(held)).toEqual({});
    expect(gpuView(held).devices).toEqual([
      'nvidia1',
      'nvidia0',
      'nvidia-caps',
      'nvidia-uvm',
      'nvidia-uvm-tools',
      'nvidiactl',
    ]);
    expect(gpuArguments({ kind: 'podman' }, held)).toEqual(['--device', 'nvidia.com/gpu=all']);
    expect(gpuArguments({ kind: 'docker' }, held)).toEqual(['--gpus', 'all']);
  });

  test('fewer: those that the fewest commands have, which the sandbox counts from 0', () => {
    const found = gpus();
    using first = disposable(holdGpus(1, found));
    using second = disposable(holdGpus(1, found));
    expect([first, second].map((held) => held.gpus[0]?.device)).toEqual(['nvidia1', 'nvidia0']);
    expect(gpuEnvironment(second)).toEqual({ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '1' });
    const view = gpuView(second);
    expect(view.environment).toEqual({ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '0' });
    expect(view.arguments.join(' ')).toContain('--dev-bind /dev/nvidia0 /dev/nvidia0');
    expect(view.arguments.join(' ')).not.toContain('/dev/nvidia1');
    expect(gpuArguments({ kind: 'podman' }, second)).toEqual(['--device', 'nvidia.com/gpu=1']);
    expect(gpuArguments({ kind: 'docker' }, second)).toEqual(['--gpus', '"device=1"']);
  });

  test('none: CUDA finds none, whatever the machine has', () => {
    using held = disposable(holdGpus(0, gpus()));
    const hidden = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '' };
    expect(gpuEnvironment(held)).toEqual(hidden);
    expect(gpuView(held)).toEqual({ arguments: [], environment: hidden, devices: [] });
  });

  test('and gives them back', () => {
    const found = gpus();
    const first = holdGpus(1, found);
    first.release();
    first.release();
    using second = disposable(holdGpus(1, found));
    expect(second.gpus[0]?.device).toBe(first.gpus[0]?.device);
  });
});

function disposable<Held extends { release(): void }>(held: Held): Held & Disposable {
  return { ...held, [Symbol.dispose]: () => held.release() };
}
