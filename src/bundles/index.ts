export { BundleDirectory, digestsOnly } from './bundle-directory.ts';
export { BUNDLES_PREFIX, digestOfKey, LAST_USED } from './bundle-places.ts';
export { bundleScript, checkScript } from './bundle-script.ts';
export { Bundles, type BundlesOptions, type StoredBundle } from './bundles.ts';
export { type CodeFile, isPython, REQUIREMENTS_FILE } from './code-files.ts';
export { type BundleSink, compileGraph, type FunctionSources } from './compile-graph.ts';
export { findProject } from './find-project.ts';
export { readArchiveFile } from './read-archive-file.ts';
export { unpackBundle } from './unpack-bundle.ts';
