import { SluiceError } from '../../core/errors.ts';

/**
 * Holds what a request calls its image against how names of images begin: the engine would take anything else for one of
 * its own options, `--privileged` or a volume of this machine.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function checkImageName(image: string): void {
  if (/^[a-z0-9]\S*$/i.test(image)) return;
  throw new SluiceError(
    'InvalidArgument',
    `Expected the name of an image, which begins with a letter or a digit and has no spaces, got ${JSON.stringify(image.slice(0, 100))}.`,
    { hint: 'Name it as podman or docker does: docker.io/library/python:3.' },
  );
}
