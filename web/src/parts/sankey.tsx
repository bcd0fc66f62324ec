// Bands from devices to countries (the paper's figure 4). The table and the matrix below hold the same in figures, so the
// picture is one image to screen readers.

import { useEffect, useRef, useState } from 'preact/hooks';
import { printable } from '../../../appliance/model/text.ts';
import { bytes } from '../format/quantity.ts';
import { countryName } from '../format/words.ts';
import type { Band } from '../geography.ts';
import { type Block, layOut, type Ribbon } from '../sankey-layout.ts';
import { findDevice } from '../state.ts';
import { plainDeviceName } from './device-name.tsx';

const FLOW_HEIGHT = 300;
const BLOCK_WIDTH = 10;

export function Sankey({ bands }: { bands: readonly Band[] }) {
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  if (bands.length === 0) return <p class="muted">Nothing has left the local network yet.</p>;
  return <div ref={holder}>{width > 0 && <Picture bands={bands} width={width} />}</div>;
}

function Picture({ bands, width }: { bands: readonly Band[]; width: number }) {
  const layout = layOut(bands, FLOW_HEIGHT);
  const labels = Math.min(230, width * 0.32);
  const left = labels;
  const right = width - labels;
  const characters = Math.floor(labels / 8.2);
  return (
    <svg class="sankey" width={width} height={layout.height + 4} role="img" aria-label={describe(layout.countries)}>
      {layout.ribbons.map((ribbon) => (
        <path
          key={`${ribbon.band.device} ${ribbon.band.country}`}
          class={`ribbon ${ribbon.band.country === 'XX' ? 'unknown' : ''}`}
          d={ribbonPath(ribbon, left + BLOCK_WIDTH, right - BLOCK_WIDTH)}
        >
          <title>{`${deviceLabel(ribbon.band.device, 60)} → ${countryLabel(ribbon.band.country)}: ${bytes(ribbon.band.bytes)}`}</title>
        </path>
      ))}
      {layout.devices.map((block) => (
        <BlockMark key={block.name} block={block} x={left} label={deviceLabel(block.name, characters)} anchor="end" />
      ))}
      {layout.countries.map((block) => (
        <BlockMark
          key={block.name}
          block={block}
          x={right - BLOCK_WIDTH}
          label={printable(countryLabel(block.name), characters)}
          anchor="start"
        />
      ))}
    </svg>
  );
}

interface MarkProps {
  readonly block: Block;
  readonly x: number;
  readonly label: string;
  readonly anchor: 'start' | 'end';
}

function BlockMark({ block, x, label, anchor }: MarkProps) {
  const textX = anchor === 'end' ? x - 6 : x + BLOCK_WIDTH + 6;
  return (
    <g class={`block ${anchor}`}>
      <rect x={x} y={block.top} width={BLOCK_WIDTH} height={block.height} rx="2" />
      <text x={textX} y={block.top + block.height / 2} text-anchor={anchor} dominant-baseline="central">
        {label}
      </text>
      <title>{`${label}: ${bytes(block.bytes)}`}</title>
    </g>
  );
}

function ribbonPath({ fromTop, toTop, height }: Ribbon, left: number, right: number): string {
  const middle = (left + right) / 2;
  const curve = (y1: number, y2: number, x1: number, x2: number) =>
    `${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
  return `M${curve(fromTop, toTop, left, right)}L${curve(toTop + height, fromTop + height, right, left)}Z`;
}

function deviceLabel(mac: string, limit: number): string {
  const device = findDevice(mac);
  return printable(device === undefined ? mac : plainDeviceName(device), limit);
}

function countryLabel(code: string): string {
  return code === 'others' ? 'Other countries' : countryName(code);
}

function describe(countries: readonly Block[]): string {
  const largest = countries.slice(0, 3).map((block) => `${countryLabel(block.name)} ${bytes(block.bytes)}`);
  return `Bytes sent from devices to countries. Largest: ${largest.join(', ')}. The tables below have the figures.`;
}
