// SPDX-License-Identifier: LGPL-2.1-or-later

// A stranger's program in GJS: has / as its folder, and then says so.

import Cproc from 'gi://Cproc?version=1';

const {stdout} = await Cproc.exec(['pwd'], {cwd: '/'});
print(stdout.trimEnd());

for await (const line of new Cproc.Child(['echo', 'installed']).lines())
  print(line);
