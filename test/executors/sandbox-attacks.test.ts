// Needs: bubblewrap, python
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandboxExecutor, type ExecutionOptions } from '../../src/executors/index.ts';

const executor = createSandboxExecutor();
const asRoot = process.getuid?.() === 0;
let directory: string;
let mlDirectory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-attacks-'));
});
beforeEach(() => {
  mlDirectory = mkdtempSync(join(directory, 'ml-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(command: readonly string[], more: Partial<ExecutionOptions> = {}) {
  let output = '';
  const execution = await executor.start({
    mlDirectory,
    command,
    environment: {},
    hostname: 'algo-1',
    hosts: ['algo-1'],
    onOutput: (_stream, chunk) => {
      output += chunk.toString();
    },
    ...more,
  });
  return { ...(await execution.ended), output };
}

const shell = (script: string, more?: Partial<ExecutionOptions>) => run(['sh', '-c', script], more);

/** Says `done` after each call that goes through, and the error's name after each that does not. */
const python = (calls: string, more?: Partial<ExecutionOptions>) =>
  run(
    [
      'python3',
      '-c',
      `import ctypes, errno, fcntl, os, platform, signal, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, call):
    try:
        result = call()
        if result == -1: raise OSError(ctypes.get_errno(), '')
        print(name, 'done')
    except OSError as error:
        print(name, errno.errorcode.get(error.errno, error))
def number(x64, arm64):
    return x64 if platform.machine() == 'x86_64' else arm64
${calls}`,
    ],
    more,
  );

describe('a job that attacks the machine', () => {
  it('writes nothing of the kernel', async () => {
    const before = readFileSync('/proc/sys/kernel/domainname', 'utf8');
    const { output } = await shell(`
      for path in /proc/sys/kernel/core_pattern /proc/sys/kernel/domainname /proc/sys/vm/drop_caches \\
        /proc/sys/fs/binfmt_misc/register /proc/sysrq-trigger /proc/irq/default_smp_affinity \\
        /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/cgroup.subtree_control \\
        /sys/kernel/uevent_helper /sys/power/state /sys/module/*/parameters/*; do
        [ -e "$path" ] && ( : > "$path" ) 2>/dev/null && echo "opened $path"
      done
      mkdir /sys/fs/cgroup/mine 2>/dev/null && echo "made a group"
      for path in /proc/kcore /proc/kmsg /proc/keys /sys/kernel/debug /sys/kernel/tracing /sys/firmware /sys/fs/bpf; do
        head -c 1 "$path" 2>/dev/null | grep -q . && echo "read $path"
        ls "$path"/* 2>/dev/null
      done
      true`);
    expect(output).toBe('');
    expect(readFileSync('/proc/sys/kernel/domainname', 'utf8')).toBe(before);
  });

  it('has its own copies of what programs read in /etc, as they are now, and changes no others', async () => {
    const files = ['/etc/passwd', '/etc/group', '/etc/resolv.conf', '/etc/nsswitch.conf'].filter(existsSync);
    const before = files.map((path) => readFileSync(path, 'utf8'));
    const { output } = await shell(`cat ${files.join(' ')}; for path in ${files.join(' ')} /etc/hosts; do
      echo mine > $path; cat $path; done; ls -d /etc/shadow /etc/ssh /etc/ssl/private 2>/dev/null; true`);
    expect(output).toBe(`${before.join('')}${'mine\n'.repeat(files.length + 1)}`);
    expect(files.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  });

  it('mounts nothing and makes no namespace', async () => {
    const { output } = await shell(`
      mount -t tmpfs none /mnt 2>/dev/null && echo mounted
      mount -o remount,rw /usr 2>/dev/null && echo remounted
      umount /proc/sys 2>/dev/null && echo unmounted
      umount /opt/ml 2>/dev/null && echo unmounted
      for flag in --user --mount --net --pid --ipc --uts --cgroup; do
        unshare $flag true 2>/dev/null && echo "unshared $flag"
      done
      true`);
    expect(output).toBe('');
  });

  it('is refused what reaches into the kernel, and told that it is not there where libraries do without', async () => {
    const { output } = await python(`
for name, call in {
    'add_key': number(248, 217), 'bpf': number(321, 280), 'keyctl': number(250, 219), 'mount': number(165, 40),
    'open_by_handle_at': number(304, 265), 'perf_event_open': number(298, 241), 'setns': number(308, 268),
    'userfaultfd': number(323, 282), 'kexec_load': number(246, 104), 'io_uring_setup': 425, 'clone3': 435, 'new': 1000,
}.items():
    attempt(name, lambda: libc.syscall(call, 0, 0, 0, 0, 0))
attempt('attribute', lambda: os.setxattr('/dev/full', 'system.posix_acl_access', b''))
attempt('attribute', lambda: os.setxattr('/opt/ml', 'user.mine', b''))
attempt('attribute', lambda: os.removexattr('/dev/full', 'system.posix_acl_access'))
attempt('attribute', lambda: os.removexattr(0, 'user.mine'))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM).close())
attempt('clone', lambda: libc.syscall(number(56, 220), 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))
`);
    expect(output.trim().replaceAll('EOPNOTSUPP', 'ENOTSUP').split('\n')).toEqual([
      ...['add_key', 'bpf', 'keyctl', 'mount', 'open_by_handle_at', 'perf_event_open', 'setns'].map(
        (name) => `${name} EPERM`,
      ),
      'userfaultfd EPERM',
      'kexec_load EPERM',
      'io_uring_setup ENOSYS',
      'clone3 ENOSYS',
      'new ENOSYS',
      ...Array(4).fill('attribute ENOTSUP'),
      'vsock EAFNOSUPPORT',
      'clone EPERM',
    ]);
  });

  it('does what training does: threads, processes, traced children, shared memory', async () => {
    const { output } = await python(`
import threading, multiprocessing
thread = threading.Thread(target=lambda: print('thread', flush=True)); thread.start(); thread.join()
attempt('process', lambda: subprocess.run(['true'], check=True).returncode)
with multiprocessing.Pool(2) as pool: print('pool', pool.map(abs, [-1, -2]), flush=True)
child = os.fork()
if child == 0:
    libc.ptrace(0, 0, 0, 0); os.kill(os.getpid(), signal.SIGSTOP); os._exit(3)
os.waitpid(child, os.WUNTRACED); libc.ptrace(7, child, 0, 0)
print('traced', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`);
    expect(output).toBe('thread\nprocess done\npool [1, 2]\ntraced 3\n');
  });

  it('types nothing into a terminal, and has a session of its own', async () => {
    const { output } = await python(`
import pty
master, slave = pty.openpty()
attempt('TIOCSTI', lambda: fcntl.ioctl(slave, 0x5412, b'x'))
print('leader', os.getsid(0) != 0)
try: open('/dev/tty'); print('has a terminal')
except OSError: pass
`);
    expect(output).toBe('TIOCSTI EPERM\nleader True\n');
  });

  it('neither sees, signals nor traces a process outside', async () => {
    const outside = spawn('sleep', ['6001']);
    try {
      const { output } = await python(
        `
import glob
target = ${outside.pid}
attempt('kill', lambda: os.kill(target, 0) or (print('killed') or 0))
attempt('trace', lambda: libc.ptrace(16, target, 0, 0))
for path in glob.glob('/proc/[0-9]*/cmdline'):
    if b'600' + b'1' in open(path, 'rb').read(): print('sees', path)
`,
      );
      expect(output).toBe('kill ESRCH\ntrace ESRCH\n');
    } finally {
      outside.kill('SIGKILL');
    }
  });

  it("reads no other job's directory, by no way that leads there", async () => {
    const other = mkdtempSync(join(directory, 'other-'));
    writeFileSync(join(other, 'secret'), 'x');
    mkdirSync(join(mlDirectory, 'model'));
    const { output } = await shell(`
      cat ${other}/secret /proc/1/root${other}/secret /opt/ml/../../..${other}/secret 2>/dev/null
      ln -s ${other} /opt/ml/model/link; cat /opt/ml/model/link/secret 2>/dev/null
      ls /oldroot /newroot 2>/dev/null; ls ${directory} 2>/dev/null; true`);
    expect(output).toBe('');
  });

  it('gains nothing by a program with the bit of its owner', async () => {
    mkdirSync(join(mlDirectory, 'model'));
    const { output } = await shell(
      'cp /usr/bin/id /opt/ml/model/id; chmod 4755 /opt/ml/model/id; grep -E "NoNewPrivs|CapBnd" /proc/self/status; su nobody -s /bin/sh -c true 2>/dev/null && echo changed; true',
    );
    const [bounding = '', privileges] = output.split('\n').sort().filter(Boolean);
    expect(privileges).toBe('NoNewPrivs:\t1');
    // What root has of its own files, its own processes and ports, and no more.
    expect(BigInt(`0x${bounding.split('\t')[1]}`) & ~0x4fbn).toBe(0n);
  });

  if (asRoot)
    it('gives its files to any user, and nobody outside is that user', async () => {
      mkdirSync(join(mlDirectory, 'model'));
      const script =
        'cd /opt/ml/model; touch a b; chown 1000:1000 a; chown 65534 b; stat -c "%u:%g" a b; setpriv --reuid 1000 --regid 1000 --clear-groups id -u';
      expect((await shell(script)).output).toBe('1000:1000\n65534:0\n1000\n');
      expect(statSync(join(mlDirectory, 'model', 'a')).uid).toBeGreaterThan(1_000_000_000);
    });

  if (asRoot)
    it('leaves the devices of the machine as they were', async () => {
      const before = statSync('/dev/full').mode;
      await shell('chmod 600 /dev/full; chown 1000 /dev/full; true');
      expect(statSync('/dev/full')).toMatchObject({ mode: before, uid: 0 });
    });

  it('forks until its limit, and no further', async () => {
    const { output, exitCode } = await python(
      `
children = []
try:
    while len(children) < 500:
        child = os.fork()
        if child == 0: signal.pause()
        children.append(child)
except OSError as error:
    print(errno.errorcode[error.errno])
print(len(children) < 70)
`,
      { limits: { processes: 64, openFiles: 1024, fileSizeInGiB: 1 } },
    );
    expect({ output, exitCode }).toEqual({ output: 'EAGAIN\nTrue\n', exitCode: 0 });
  });

  it('writes no file over its limit, and opens no more than it may', async () => {
    mkdirSync(join(mlDirectory, 'model'));
    const { output } = await python(
      `
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = os.open('/opt/ml/model/sparse', os.O_CREAT | os.O_RDWR)
attempt('within', lambda: os.ftruncate(file, 2 ** 30))
attempt('over', lambda: os.ftruncate(file, 2 ** 40))
def many():
    for _ in range(2000): os.open('/dev/null', os.O_RDONLY)
attempt('open', many)
`,
      { limits: { processes: 64, openFiles: 1024, fileSizeInGiB: 1 } },
    );
    expect(output).toBe('within done\nover EFBIG\nopen EMFILE\n');
  });
});

describe('an isolated job', () => {
  it('has no network but a loopback of its own', async () => {
    const server = createServer((socket) => socket.end('outside'));
    const abstract = createServer((socket) => socket.end('outside'));
    server.listen(0, '127.0.0.1');
    abstract.listen(`\0sluice-${process.pid}`);
    await Promise.all([once(server, 'listening'), once(abstract, 'listening')]);
    const { port } = server.address() as { port: number };
    const calls = `
attempt('port', lambda: socket.create_connection(('127.0.0.1', ${port}), 2).close())
attempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0sluice-${process.pid}'))
attempt('internet', lambda: socket.create_connection(('192.0.2.1', 80), 2).close())
print(sorted(name for _, name in socket.if_nameindex() if name in ('lo', 'eth0')))
own = socket.create_server(('127.0.0.1', 0))
attempt('own', lambda: socket.create_connection(own.getsockname(), 2).close())
`;
    const isolated = await python(calls, { isolation: { group: 'one' } });
    expect(isolated.output).toBe(
      "port ECONNREFUSED\nabstract ECONNREFUSED\ninternet ENETUNREACH\n['lo']\nown done\n",
    );
    server.close();
    abstract.close();
  });

  it('reaches the other hosts of its job, and no other job', async () => {
    const hosts = ['algo-1', 'algo-2'];
    const listening = python(
      `
server = socket.create_server(('127.0.0.1', 4321))
server.settimeout(60)
server.accept()[0].sendall(b'hello from algo-1')
`,
      { hosts, isolation: { group: 'a' } },
    );
    const asking = `
import time
for _ in range(int(os.environ['TRIES'])):
    try:
        print(socket.create_connection(('algo-1', 4321), 2).recv(100).decode())
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
else:
    print('nobody')
`;
    const ask = (group: string, tries: number) =>
      python(asking, {
        hosts,
        hostname: 'algo-2',
        mlDirectory: mkdtempSync(join(directory, 'ml-')),
        isolation: { group },
        environment: { TRIES: String(tries) },
      });
    expect((await ask('b', 3)).output).toBe('nobody\n');
    expect((await ask('a', 600)).output).toBe('hello from algo-1\n');
    expect(await listening).toMatchObject({ exitCode: 0 });
  });

  it('is reached at its port by this machine', async () => {
    const port = await freePort();
    const execution = await executor.start({
      mlDirectory,
      command: [
        'python3',
        '-m',
        'http.server',
        String(port),
        '--bind',
        '127.0.0.1',
        '--directory',
        '/opt/ml',
      ],
      environment: {},
      hostname: 'algo-1',
      hosts: ['algo-1'],
      isolation: { group: 'served', port },
      onOutput: () => undefined,
    });
    writeFileSync(join(mlDirectory, 'answer'), 'served');
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/answer`).catch(() => undefined))?.text();
    await expect.poll(ask, { timeout: 120_000 }).toBe('served');
    await execution.stop({ graceMs: 0 });
    expect(await ask()).toBeUndefined();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
