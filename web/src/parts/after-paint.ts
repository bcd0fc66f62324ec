// Work that may wait until what was drawn is on the screen. Used where a view is drawn in parts.

/** In a tab that nobody sees nothing is painted. */
const UNSEEN_MS = 500;

/** Returns what takes it back. */
export function afterPaint(then: () => void): () => void {
  let timer = setTimeout(then, UNSEEN_MS);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    timer = setTimeout(then);
  });
  return () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
}
