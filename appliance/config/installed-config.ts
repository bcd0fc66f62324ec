// Where the package puts the settings.

export const INSTALLED_CONFIG = '/etc/weir/weir.yaml';
