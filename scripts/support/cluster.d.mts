/** A control plane and a node of their own. */
export interface RunningCluster {
  readonly kubeconfig: string;
  readonly address: string;
  readonly kube: string;
  describe(): object;
  importImage(file: string): void;
  stop(): Promise<void>;
}
/** Starts them. As root. */
export function startCluster(): Promise<RunningCluster>;
/** Where Debian's packages for a node are unpacked. */
export function nodePrograms(): string;
