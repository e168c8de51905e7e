// A convolution as a description writes it.
import type { BaseLayer } from '../op.js';
import type { Windowed } from '../window.js';

export interface ConvLayer extends BaseLayer, Windowed {
  op: 'conv';
  in: string;
  filters: number;
  /** Ends in a ReLU; by default it does. */
  relu?: boolean;
  /**
   * Side of Winograd's input tiles, where it is used: 8 (by default) has fewer products, 6 about two
   * thirds of the error. The last bits depend on it, so it belongs to the network.
   */
  tile?: 6 | 8;
  /**
   * 7x7 at stride 2 on an image that nothing else reads: computed as 4x4 at stride 1 over 2x2 pixels folded into
   * channels, which Winograd can do. It changes the last bits, too.
   */
  fold?: boolean;
}

export const isConv = (layer: BaseLayer): layer is ConvLayer => layer.op === 'conv';
export const hasRelu = ({ relu }: ConvLayer): boolean => relu !== false;
