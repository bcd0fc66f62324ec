// The app proxy's package on amd64: `make test-deb` runs it.

import { testProxyPackage } from './proxy-life.ts';

testProxyPackage('amd64');
