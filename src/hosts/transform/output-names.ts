/** An object that was transformed. */
export interface NamedObject {
  /** Its place below the input's prefix. */
  readonly name: string;
  /** Undefined for a file of this machine. */
  readonly key?: string | undefined;
}

/**
 * What the outputs of a job's objects are called, without `.out`: the part of the key after the prefix. A prefix such as
 * `in/test` names the directory `in/test/` and the objects beside it, `in/test1.csv`, too: where two objects would have
 * one name, all are named from the directory that the prefix is in, `test/a.csv` and `test1.csv`. Pure.
 *
 * @param prefix the key that the input names
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html "For every S3 object used as
 *   input for the transform job, batch transform stores the transformed data with an .out suffix in a corresponding
 *   subfolder"
 */
export function outputNames(objects: readonly NamedObject[], prefix: string): string[] {
  const keys = new Map<string, string | undefined>();
  const isTwice = objects.some(({ name, key }) => {
    const other = keys.has(name) && keys.get(name) !== key;
    keys.set(name, key);
    return other;
  });
  const base = prefix.lastIndexOf('/') + 1;
  return objects.map(({ name, key }) => (isTwice && key !== undefined ? key.slice(base) : name));
}
