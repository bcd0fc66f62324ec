// Text that arrives in pieces, as lines; a line beyond the limit is cut, never collected.

export function lineSplitter(limit: number, onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, limit);
    for (const line of lines) onLine(line.slice(0, limit));
  };
}
