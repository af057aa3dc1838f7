import { NODE_IMAGE, PYTHON_IMAGE } from '../contract/images.ts';

/** An image whose programs this machine has. */
export type LocalRuntime = 'node' | 'python';

/** Which local programs stand for an image, or undefined for an image of another kind. */
export function localRuntime(image: string | undefined): LocalRuntime | undefined {
  if (image === NODE_IMAGE) return 'node';
  return image === PYTHON_IMAGE ? 'python' : undefined;
}
