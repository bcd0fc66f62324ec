// Devices by countries: a mark where the device sends something, shaded by how much, and totals that count countries and
// devices. Wider than a phone by nature, so it scrolls in its frame.

import { bytes as bytesText } from '../format/quantity.ts';
import { countryName } from '../format/words.ts';
import type { Matrix } from '../geography.ts';
import { DeviceLink } from './device-name.tsx';

export function CountryMatrix({ matrix }: { matrix: Matrix }) {
  if (matrix.rows.length === 0) return <p class="muted">Nothing was sent outside the local network yet.</p>;
  const most = Math.max(...matrix.rows.flatMap((row) => row.cells));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable with the keyboard
    <div class="scroll-frame" tabIndex={0} role="region" aria-label="Table of devices and countries">
      <table class="matrix">
        <caption class="visually-hidden">Countries that each device sends to</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            {matrix.countries.map((country) => (
              <th scope="col" key={country} class="numeric" title={countryName(country)}>
                <abbr title={countryName(country)}>{country}</abbr>
              </th>
            ))}
            <th scope="col" class="numeric">
              Countries
            </th>
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map((row) => (
            <tr key={row.device}>
              <th scope="row">
                <DeviceLink mac={row.device} />
              </th>
              {row.cells.map((bytes, index) => (
                <td
                  key={matrix.countries[index]}
                  class={`numeric heat-${heat(bytes, most)}`}
                  title={bytes === 0 ? undefined : `${bytesText(bytes)} sent`}
                >
                  {bytes === 0 ? <span class="visually-hidden">no</span> : <Mark />}
                </td>
              ))}
              <td class="numeric total">{row.total}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Devices</th>
            {matrix.devices.map((number, index) => (
              <td key={matrix.countries[index]} class="numeric total">
                {number}
              </td>
            ))}
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Mark() {
  return (
    <>
      <span aria-hidden="true">•</span>
      <span class="visually-hidden">yes</span>
    </>
  );
}

/** Four shades, each for ten times the bytes of the one before. */
function heat(bytes: number, most: number): number {
  return bytes === 0 ? 0 : Math.max(1, 4 - Math.floor(Math.log10(most / bytes)));
}
