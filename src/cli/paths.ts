// Lists of paths on the command line: commas part them, and may be part of a name.

/**
 * `text` cut at its commas, except those of a name that `exists` and those in the braces of a pattern
 * (`{a,b}/*.jpg`). The longest name that is there wins.
 */
export function splitPaths(text: string, exists: (path: string) => boolean): string[] {
  const pieces = cutOutsideBraces(text);
  const out: string[] = [];
  for (let from = 0; from < pieces.length; ) {
    let to = pieces.length;
    while (to > from + 1 && !exists(pieces.slice(from, to).join(','))) to--;
    out.push(pieces.slice(from, to).join(','));
    from = to;
  }
  return out.filter(Boolean);
}

/** Braces that do not close are letters of a name. */
function cutOutsideBraces(text: string): string[] {
  const pieces: string[] = [];
  let [start, depth] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}') depth--;
    else if (text[i] === ',' && depth === 0) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
    if (depth < 0) return text.split(',');
  }
  return depth === 0 ? [...pieces, text.slice(start)] : text.split(',');
}
