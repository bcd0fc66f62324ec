// The app proxy's package on arm64: `make test-deb ARCH=arm64` runs it.

import { testProxyPackage } from './proxy-life.ts';

testProxyPackage('arm64');
