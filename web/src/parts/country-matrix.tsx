// Devices by countries, the number of destinations in each cell. Wider than a phone by nature, so it scrolls in its frame.

import { countryName } from '../format/words.ts';
import type { Matrix } from '../geography.ts';
import { DeviceLink } from './device-name.tsx';

export function CountryMatrix({ matrix }: { matrix: Matrix }) {
  if (matrix.rows.length === 0) return <p class="muted">No destination outside the local network yet.</p>;
  const most = Math.max(...matrix.rows.flatMap((row) => row.cells));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable with the keyboard
    <div class="scroll-frame" tabIndex={0} role="region" aria-label="Devices and countries">
      <table class="matrix">
        <caption class="visually-hidden">Number of destinations by device and country</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            {matrix.countries.map((country) => (
              <th scope="col" key={country} class="numeric" title={countryName(country)}>
                <abbr title={countryName(country)}>{country}</abbr>
              </th>
            ))}
            <th scope="col" class="numeric">
              All
            </th>
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map((row) => (
            <tr key={row.device}>
              <th scope="row">
                <DeviceLink mac={row.device} />
              </th>
              {row.cells.map((number, index) => (
                <td key={matrix.countries[index]} class={`numeric heat-${heat(number, most)}`}>
                  {number === 0 ? <span class="visually-hidden">0</span> : number}
                </td>
              ))}
              <td class="numeric total">{row.total}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Four shades above none. */
function heat(number: number, most: number): number {
  return number === 0 ? 0 : Math.max(1, Math.ceil((number / most) * 4));
}
