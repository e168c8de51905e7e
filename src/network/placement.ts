// Where the tensors of a session lie. Blocks that do not live at the same time share bytes.

export interface Block {
  bytes: number;
  /** First and last step at which the block holds something. */
  from: number;
  to: number;
  offset: number;
}

/** Sets every offset (multiples of 64); returns the bytes needed in all. Largest first, lowest gap that fits. */
export function place(blocks: Block[]): number {
  const placed: Block[] = [];
  let total = 0;
  for (const block of [...blocks].sort((a, b) => b.bytes - a.bytes)) {
    const rivals = placed.filter((p) => p.from <= block.to && block.from <= p.to);
    rivals.sort((a, b) => a.offset - b.offset);
    let at = 0;
    for (const rival of rivals) {
      if (rival.offset >= at + block.bytes) break;
      at = Math.max(at, align(rival.offset + rival.bytes));
    }
    block.offset = at;
    placed.push(block);
    total = Math.max(total, align(at + block.bytes));
  }
  return total;
}

const align = (n: number): number => Math.ceil(n / 64) * 64;
