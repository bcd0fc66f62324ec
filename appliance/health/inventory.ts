// What the machine is: asked of systeminformation once at the start and every hour. Its wifi functions are never called:
// they hand names of foreign networks to a shell (CVE-2023-42810 and later ones).

import { networkInterfaces } from 'node:os';
import { cpu, diskLayout, mem, osInfo, system } from 'systeminformation';

export interface Inventory {
  readonly taken: string;
  readonly model: string;
  readonly manufacturer: string;
  readonly cpu: string;
  readonly cores: number;
  readonly architecture: string;
  readonly memory_bytes: number;
  readonly os: string;
  readonly kernel: string;
  readonly host_name: string;
  readonly node: string;
  readonly disks: { readonly name: string; readonly bytes: number; readonly type: string }[];
  readonly interfaces: { readonly name: string; readonly mac: string; readonly state: string }[];
}

export async function takeInventory(): Promise<Inventory> {
  const [machine, processor, memory, software, disks] = await Promise.all([
    system(),
    cpu(),
    mem(),
    osInfo(),
    diskLayout(),
  ]);
  return {
    taken: new Date().toISOString(),
    model: machine.model,
    manufacturer: machine.manufacturer,
    cpu: `${processor.manufacturer} ${processor.brand}`.trim(),
    cores: processor.cores,
    architecture: software.arch,
    memory_bytes: memory.total,
    os: `${software.distro} ${software.release}`.trim(),
    kernel: software.kernel,
    host_name: software.hostname,
    node: process.version,
    disks: disks.map((disk) => ({ name: disk.name || disk.device, bytes: Math.max(0, disk.size), type: disk.type })),
    interfaces: Object.entries(networkInterfaces()).map(([name, addresses]) => ({
      name,
      mac: addresses?.[0]?.mac ?? '',
      state: 'up',
    })),
  };
}
