// What first boot made of the files on the boot partition, for display: written by appliance/provision at each
// start, on tmpfs, without any secret.

export const BOOT_REPORT_FILE = '/run/weir-boot/report.json';

/** `none`: no weir.yaml there; `used`: taken over at this start; `unchanged`: taken over earlier; `refused`: it has mistakes. */
export type BootSettings = 'none' | 'used' | 'unchanged' | 'refused';

export interface BootReport {
  readonly schema: 'weir.boot/1';
  readonly settings: BootSettings;
  /** One line each: file, line, what is wrong. Empty where all is well. */
  readonly mistakes: readonly string[];
  /** What else a person should know, one line each. */
  readonly notes: readonly string[];
}
