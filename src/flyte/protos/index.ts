export { loadFlyteidl2 } from './load-flyteidl2.ts';
export { loadProtos, type MessageCodec, messageCodec } from './load-protos.ts';
