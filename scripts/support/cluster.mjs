// A Kubernetes of its own, for tests and benchmarks: a real control plane and a real node on containerd, gone afterwards.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './project.mjs';

const SOURCES = join(root, 'test/cluster/node');
const VERSION = '1.37.2';
const BRIDGE = 'sluice-k8s';
/** The node's: no loopback, for the kubelet refuses that; an address that nobody else has (RFC 5737). */
const ADDRESS = '192.0.2.2';
/** Of the API server's service. */
const SERVICE = '10.96.0.1';
const DEBIAN = ['containerd', 'containernetworking-plugins', 'runc', 'catatonit', 'busybox-static'];
const LOCK = '/tmp/sluice-cluster.lock';

/** What a node makes outside of its own directory; what was not there before is removed again. */
const OUTSIDE = [
  '/opt/cni',
  '/run/containerd',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/log/pods',
];

/** Where what takes long to make is kept: `SLUICE_CLUSTER_CACHE`, for CI to keep from run to run. */
function cache() {
  const place = process.env.SLUICE_CLUSTER_CACHE ?? join(homedir(), '.cache/sluice-cluster');
  mkdirSync(place, { recursive: true });
  return place;
}

/** The one program that is all of Kubernetes; built where it is missing, minutes. */
export async function kubeProgram() {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go', 'kubelet.go'])
    hash.update(readFileSync(join(SOURCES, name)));
  const program = join(cache(), `kube-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).status !== 0)
    throw new Error('Kubernetes is built from its sources: Go 1.26 or newer is needed (https://go.dev/dl/).');
  console.log('Building Kubernetes, once; about ten minutes of a processor …');
  const set = (name, value) => `-X k8s.io/component-base/version.${name}=${value}`;
  const [major, minor] = VERSION.split('.');
  const flags = [
    '-s',
    '-w',
    set('gitVersion', `v${VERSION}`),
    set('gitMajor', major),
    set('gitMinor', minor),
  ];
  const args = [
    'build',
    '-trimpath',
    '-tags',
    'kubelet',
    '-ldflags',
    flags.join(' '),
    '-o',
    `${program}.part`,
    '.',
  ];
  const { status } = spawnSync('go', args, {
    cwd: SOURCES,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('Kubernetes could not be built.');
  renameSync(`${program}.part`, program);
  return program;
}

/** Debian's containerd, runc and network plugins, unpacked beside the system: what is installed stays as it is. */
export function nodePrograms() {
  const place = join(cache(), 'debian');
  if (existsSync(place)) return place;
  const part = mkdtempSync(join(cache(), 'debian-'));
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { cwd: part, stdio: ['ignore', 'ignore', 'inherit'] });
  if (apt('download', ...DEBIAN).status !== 0) {
    apt('update');
    if (apt('download', ...DEBIAN).status !== 0)
      throw new Error(`apt-get download ${DEBIAN.join(' ')} has failed.`);
  }
  for (const name of readdirSync(part).filter((file) => file.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', name, part], { cwd: part });
    rmSync(join(part, name));
  }
  renameSync(part, place);
  return place;
}

/**
 * Starts a control plane and one node, `sluice-node`. As root: it makes containers.
 *
 * @returns `kubeconfig` of its administrator, `address` of the node, which pods reach; `kubectl`, `ctr` and
 *   `importImage` of a tar; `stop` ends everything and removes it
 */
export async function startCluster() {
  if (process.getuid?.() !== 0) throw new Error('A Kubernetes node runs as root: sudo npm run test:cluster');
  const kube = await kubeProgram();
  const programs = nodePrograms();
  takeLock();
  const cluster = new Cluster(kube, programs);
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

class Cluster {
  #processes = new Map();
  address = ADDRESS;

  constructor(kube, programs) {
    this.kube = kube;
    this.programs = programs;
    this.state = mkdtempSync('/tmp/sluice-cluster-');
    this.kubeconfig = join(this.state, 'admin.kubeconfig');
    this.outside = OUTSIDE.filter((path) => !existsSync(path));
    writeFileSync(LOCK, [process.pid, this.state, ...this.outside].join(' '));
    process.once('exit', this.#kill);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, this.#leave);
  }

  async start() {
    const names = ['etcd', 'peer', 'api', 'controllers', 'scheduler', 'kubelet'];
    const ports = await freePorts(names.length);
    this.ports = Object.fromEntries(names.map((name, index) => [name, ports[index]]));
    this.server = `https://${ADDRESS}:${this.ports.api}`;
    run('ip', ['addr', 'replace', `${ADDRESS}/32`, 'dev', 'lo']);
    run('ip', ['addr', 'replace', `${SERVICE}/32`, 'dev', 'lo']);
    this.#writeKeys();
    await this.#startControlPlane();
    this.#start('network', process.execPath, [
      join(SOURCES, 'network.ts'),
      this.kubeconfig,
      ADDRESS,
      SERVICE,
    ]);
    await this.#startNode();
  }

  #writeKeys() {
    run('openssl', ['genrsa', '-out', join(this.state, 'sa.key'), '2048']);
    run('openssl', ['rsa', '-in', join(this.state, 'sa.key'), '-pubout', '-out', join(this.state, 'sa.pub')]);
    const tokens = [
      'admin-token,admin,1,"system:masters"',
      'controllers-token,system:kube-controller-manager,2,"system:masters"',
      'scheduler-token,system:kube-scheduler,3',
    ];
    writeFileSync(join(this.state, 'tokens.csv'), `${tokens.join('\n')}\n`);
    for (const user of ['admin', 'controllers', 'scheduler'])
      writeFileSync(join(this.state, `${user}.kubeconfig`), this.#kubeconfig(`${user}-token`));
    writeFileSync(join(this.state, 'resolv.conf'), '');
  }

  #kubeconfig(token) {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: this.server, 'certificate-authority': join(this.state, 'certs/apiserver.crt') },
        },
      ],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
  }

  async #startControlPlane() {
    const { etcd, peer, api, controllers, scheduler } = this.ports;
    const at = (name) => join(this.state, name);
    const url = (port) => `http://127.0.0.1:${port}`;
    this.#component('etcd', {
      'data-dir': at('etcd'),
      'listen-client-urls': url(etcd),
      'advertise-client-urls': url(etcd),
      'listen-peer-urls': url(peer),
      'initial-advertise-peer-urls': url(peer),
      'initial-cluster': `default=${url(peer)}`,
      'unsafe-no-fsync': true,
      'log-level': 'warn',
    });
    this.#makeClientCertificate();
    this.#component('kube-apiserver', {
      'etcd-servers': url(etcd),
      'bind-address': ADDRESS,
      'secure-port': api,
      'cert-dir': at('certs'),
      'token-auth-file': at('tokens.csv'),
      'client-ca-file': at('ca.crt'),
      'authorization-mode': 'Node,RBAC',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': at('sa.pub'),
      'service-account-signing-key-file': at('sa.key'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'allow-privileged': true,
      'kubelet-preferred-address-types': 'InternalIP',
      'endpoint-reconciler-type': 'none',
      'anonymous-auth': true,
      'min-request-timeout': 60,
    });
    await this.ready();
    this.#component('kube-controller-manager', {
      kubeconfig: at('controllers.kubeconfig'),
      'service-account-private-key-file': at('sa.key'),
      'root-ca-file': at('certs/apiserver.crt'),
      'bind-address': '127.0.0.1',
      'secure-port': controllers,
      'cert-dir': at('certs-controllers'),
      'leader-elect': false,
      'concurrent-gc-syncs': 2,
    });
    this.#component('kube-scheduler', {
      kubeconfig: at('scheduler.kubeconfig'),
      'authentication-kubeconfig': at('scheduler.kubeconfig'),
      'authorization-kubeconfig': at('scheduler.kubeconfig'),
      'bind-address': '127.0.0.1',
      'secure-port': scheduler,
      'cert-dir': at('certs-scheduler'),
      'leader-elect': false,
    });
  }

  /** An administrator by certificate: `client.crt` and `client.key`. */
  #makeClientCertificate() {
    const at = (name) => join(this.state, name);
    run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=tests',
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.crt'),
    ]);
    run('openssl', [
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/O=system:masters/CN=by-certificate',
      '-keyout',
      at('client.key'),
      '-out',
      at('client.csr'),
    ]);
    run('openssl', [
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      at('client.csr'),
      '-CA',
      at('ca.crt'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-out',
      at('client.crt'),
    ]);
  }

  async #startNode() {
    const names = { STATE: this.state, PROGRAMS: this.programs, ADDRESS, BRIDGE, PORT: this.ports.kubelet };
    const fill = (from, to) => {
      const text = readFileSync(join(SOURCES, from), 'utf8').replace(/@(\w+)@/g, (_, name) => names[name]);
      writeFileSync(join(this.state, to), text);
    };
    mkdirSync(join(this.state, 'cni'));
    fill('containerd.toml.in', 'containerd.toml');
    fill('kubelet.yaml.in', 'kubelet.yaml');
    fill('network.conflist.in', 'cni/10-sluice.conflist');
    this.#start('containerd', join(this.programs, 'usr/bin/containerd'), [
      '-c',
      join(this.state, 'containerd.toml'),
    ]);
    await this.#until('containerd', () => this.ctr(['version']).status === 0);
    this.importImage(pauseImage(this.programs, this.state));
    this.#startKubelet();
    await this.#until('the node', () => / Ready /.test(this.kubectl(['get', 'nodes']).stdout));
  }

  #startKubelet() {
    this.#component('kubelet', {
      kubeconfig: this.kubeconfig,
      config: join(this.state, 'kubelet.yaml'),
      'root-dir': join(this.state, 'kubelet'),
      'cert-dir': join(this.state, 'certs-kubelet'),
      'hostname-override': 'sluice-node',
      'node-ip': ADDRESS,
    });
  }

  /** Once the API server answers. */
  async ready() {
    const address = `${this.server}/readyz`;
    await this.#until('the API server', () => {
      const args = ['-sk', '--max-time', '5', '-H', 'Authorization: Bearer admin-token', address];
      return spawnSync('curl', args, { encoding: 'utf8' }).stdout === 'ok';
    });
  }

  /** @returns status, stdout and stderr */
  kubectl(args, input) {
    const options = {
      encoding: 'utf8',
      input,
      env: { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.state },
    };
    return spawnSync(this.kube, ['kubectl', ...args], options);
  }

  ctr(args) {
    const socket = join(this.state, 'containerd.sock');
    return spawnSync(join(this.programs, 'usr/bin/ctr'), ['-a', socket, '-n', 'k8s.io', ...args], {
      encoding: 'utf8',
    });
  }

  /** An archive as `podman save` writes it. */
  importImage(file) {
    const { status, stderr } = this.ctr(['images', 'import', file]);
    if (status !== 0) throw new Error(`ctr images import ${file}: ${stderr}`);
  }

  /** For the processes of tests. */
  describe() {
    const pids = Object.fromEntries([...this.#processes].map(([name, { child }]) => [name, child.pid]));
    const { kubeconfig, address, server, state, kube } = this;
    return { kubeconfig, address, server, state, kube, kubelet: pids.kubelet };
  }

  /** The end of what a component has printed. */
  log(name) {
    return this.#processes.get(name)?.log ?? '';
  }

  /** Ends all of it, and what the node leaves: containers, mounts, control groups, addresses, the bridge. Idempotent. */
  async stop() {
    process.off('exit', this.#kill);
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, this.#leave);
    // There is nothing that would have to be saved.
    await this.#end('kubelet');
    if (this.#processes.has('containerd')) this.#endContainers();
    for (const name of [
      'containerd',
      'network',
      'kube-scheduler',
      'kube-controller-manager',
      'kube-apiserver',
      'etcd',
    ])
      await this.#end(name);
    this.#cleanUp();
  }

  #endContainers() {
    const list = (what) => this.ctr([what, 'ls', '-q']).stdout.split('\n').filter(Boolean);
    for (const task of list('tasks')) {
      this.ctr(['tasks', 'kill', '-s', 'KILL', task]);
      this.ctr(['tasks', 'delete', '-f', task]);
    }
    for (const container of list('containers')) this.ctr(['containers', 'delete', container]);
  }

  #cleanUp() {
    cleanUp(this.state);
    for (const path of this.outside) rmSync(path, { recursive: true, force: true });
    rmSync(LOCK, { force: true });
  }

  #component(name, flags) {
    const args = Object.entries(flags).filter(([, value]) => value !== undefined);
    this.#start(name, this.kube, [name, ...args.map(([flag, value]) => `--${flag}=${value}`)]);
  }

  /** It ends with this process, also where that is killed. */
  #start(name, program, args) {
    const env = {
      ...process.env,
      PATH: `${this.programs}/usr/bin:${this.programs}/usr/sbin:${process.env.PATH}`,
    };
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], {
      cwd: this.state,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const entry = { child, log: '' };
    const take = (bytes) => {
      entry.log = (entry.log + bytes).slice(-20_000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    this.#processes.set(name, entry);
  }

  async #end(name) {
    const { child } = this.#processes.get(name) ?? {};
    this.#processes.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async #until(what, isSo) {
    for (let attempt = 0; attempt < 900; attempt++) {
      for (const [name, { child, log }] of this.#processes)
        if (child.exitCode !== null) throw new Error(`${name} has ended:\n${log}`);
      if (isSo()) return;
      await sleep(200);
    }
    const logs = [...this.#processes].map(([name, { log }]) => `${name}:\n${log.slice(-2000)}`);
    throw new Error(`${what} does not start:\n${logs.join('\n')}`);
  }

  #kill = () => {
    for (const { child } of this.#processes.values()) child.kill('SIGKILL');
  };

  #leave = () => {
    void this.stop().finally(() => process.exit(1));
  };
}

/** Ends and removes what a node has left: containers, mounts, control groups, addresses, the bridge. */
function cleanUp(state) {
  for (const pid of processesOf(state)) killIfThere(pid);
  for (const mount of mountsBelow(state)) spawnSync('umount', ['-l', mount]);
  spawnSync('ip', ['link', 'delete', BRIDGE]);
  for (const address of [ADDRESS, SERVICE]) spawnSync('ip', ['addr', 'delete', `${address}/32`, 'dev', 'lo']);
  spawnSync('sh', [
    '-c',
    "find /sys/fs/cgroup -depth -type d -path '*kubepods*' -exec rmdir {} + 2>/dev/null",
  ]);
  rmSync(state, { recursive: true, force: true });
}

/** The shims of its containers, which name it, and what they have started. */
function processesOf(state) {
  const read = (pid, name) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const shims = pids.filter((pid) => read(pid, 'cmdline').includes(`${state}/containerd.sock`));
  const children = pids.filter((pid) => shims.includes(/\) \S (\d+)/.exec(read(pid, 'stat'))?.[1] ?? ''));
  return [...shims, ...children].map(Number);
}

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** The image of the container that holds a pod's namespaces. */
function pauseImage(programs, state) {
  const tree = join(state, 'pause');
  const archive = join(state, 'pause.tar');
  const image = join(state, 'pause-image.tar');
  mkdirSync(tree);
  run('cp', [join(programs, 'usr/bin/catatonit'), join(tree, 'pause')]);
  run('tar', ['-C', tree, '-cf', archive, '.']);
  const storage = [
    '--root',
    join(state, 'podman'),
    '--runroot',
    join(state, 'podman-run'),
    '--storage-driver',
    'vfs',
  ];
  run('podman', [
    ...storage,
    'import',
    '--change',
    'ENTRYPOINT ["/pause","-P"]',
    archive,
    'localhost/pause:1',
  ]);
  run('podman', [...storage, 'save', '-o', image, 'localhost/pause:1']);
  return image;
}

function mountsBelow(directory) {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(`${directory}/`))
    .sort()
    .reverse();
}

/** One at a time: the bridge and the addresses are the machine's. What a killed one has left is removed first. */
function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
  } catch {
    const [pid, state, ...outside] = readFileSync(LOCK, 'utf8').split(' ');
    if (existsSync(`/proc/${pid}`))
      throw new Error(`Another cluster runs on this machine, of process ${pid} (${LOCK}).`);
    if (state?.startsWith('/tmp/sluice-cluster-')) cleanUp(state);
    for (const path of outside) if (OUTSIDE.includes(path)) rmSync(path, { recursive: true, force: true });
    rmSync(LOCK);
    takeLock();
  }
}

function run(program, args) {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const { promise, resolve } = Promise.withResolvers();
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
      return promise;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
