/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a fuzz engine, or standalone.c where there is none, calls with every input. It always
 * returns 0, and aborts where the library does not keep what it promises. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);
