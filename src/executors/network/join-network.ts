/**
 * What runs a program in the network namespace of a process. Whoever is not root has rights over it only in the user
 * namespace that owns it.
 *
 * @returns a program and its first arguments; what it is to run comes after them
 */
export function joinNetwork(pid: number): [string, ...string[]] {
  const network = `--net=/proc/${pid}/ns/net`;
  if (process.getuid?.() === 0) return ['nsenter', network, '--'];
  return ['nsenter', `--user=/proc/${pid}/ns/user`, '--preserve-credentials', network, '--'];
}
