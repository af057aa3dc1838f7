import { pythonWith } from './python.ts';

/** The Spark of SageMaker's newest image. */
const PYSPARK = 'pyspark==3.5.9';

/** A Python that has Spark, made once for a clone: 320 MB come from the package index. Needs Java. */
export function pythonWithSpark(): Promise<string> {
  return pythonWith(PYSPARK, 'setuptools');
}
