import type { Mount } from '../contract/mount.ts';
import type { ObjectStore, UploadJournal } from '../objects/index.ts';

/**
 * One input of a job, whatever its job type: a training channel or a processing input. Values are SageMaker's own.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
 */
export interface InputChannel {
  readonly name: string;
  /** `s3://…` or `file:///…`. For manifests, the manifest's own URI. */
  readonly uri: string;
  readonly inputMode: 'File' | 'FastFile' | 'Pipe';
  /** @default 'S3Prefix' */
  readonly dataType?: 'S3Prefix' | 'ManifestFile' | 'AugmentedManifestFile';
  /** @default 'FullyReplicated' */
  readonly distribution?: 'FullyReplicated' | 'ShardedByS3Key';
  /** Pipe only. @default 'None' */
  readonly compression?: 'None' | 'Gzip';
  /** Pipe only. @default 'None' */
  readonly recordWrapper?: 'None' | 'RecordIO';
  /** AugmentedManifestFile only, at most 16. */
  readonly attributeNames?: readonly string[];
  /** ShuffleConfig.Seed. */
  readonly shuffleSeed?: number;
}

/** Finds the store that holds a bucket: the embedded one, or a real S3. */
export interface Stores {
  store(bucket: string): ObjectStore;
  /** Is told of files under temporary names; stores tell it of uploads. */
  readonly journal?: UploadJournal | undefined;
}

/** How data that is shown where it is can be written by a job. */
export interface WritableInputs {
  /** The executor can show directories copy-on-write. */
  readonly overlay: boolean;
  /** What may be copied where it cannot, GiB. */
  readonly copiedInGiB: number;
}

/** How to bring one channel in for one host. */
export interface InputOptions {
  readonly channel: InputChannel;
  /** This host's place among the job's hosts, for ShardedByS3Key. */
  readonly host: { readonly index: number; readonly count: number };
  /** Path that the job will see: `/opt/ml/input/data/train`, or a processing LocalPath. */
  readonly target: string;
  /** The same place on this machine, inside the job's own directory. Its parent exists. */
  readonly directory: string;
  /** The job's own directory: no link that the job has made below it is followed. @default what {@link directory} is in */
  readonly root?: string | undefined;
  /** The executor can show host paths at other paths without copying. */
  readonly mounts: boolean;
  /** Whether FastFile mode may mount a file system. @default true */
  readonly fuse?: boolean | undefined;
  /** How File mode becomes writable where it is shown and not copied. @default it is read-only */
  readonly writable?: WritableInputs | undefined;
  readonly stores: Stores;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** How far a transfer is. Totals are absent while the listing still goes on. */
export interface TransferProgress {
  readonly objects: number;
  readonly bytes: number;
  readonly totalObjects?: number;
  readonly totalBytes?: number;
}

/** A channel that is ready for the command to start. */
export interface PreparedInput {
  /** To hand to the executor. */
  readonly mounts: readonly Mount[];
  /** One line each, for the job's log: what was done otherwise than asked, and why. */
  readonly notes: readonly string[];
  readonly objects: number;
  readonly bytes: number;
  /**
   * Settles when the channel has failed while the job ran (Pipe: a broken gzip, an object that changed). Never
   * settles for a channel that went well. The job ends with its message.
   */
  readonly failed: Promise<Error>;
  /** Ends feeding, unmounts, removes FIFOs. Idempotent. */
  close(): Promise<void>;
}
