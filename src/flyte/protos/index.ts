export { loadFlyteidl2, loadFlyteidl2Runs } from './load-flyteidl2.ts';
export { loadProtos, type MessageCodec, messageCodec } from './load-protos.ts';
