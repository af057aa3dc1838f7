export { makeBelow, openBelow, placeIn, splitPlace, type TreePlace, withDirectory } from './open-below.ts';
export { readBelow } from './read-below.ts';
export { removeTree } from './remove-tree.ts';
export { TreeDirectory, type TreeEntry } from './tree-directory.ts';
