/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of Rust functions, which kallsyms has mangled. Never asserts on input.
 */
#pragma once

/*
 * "_RNvNtCs3o2tGsuHyou_4core9panicking9panic_fmt" to "core::panicking::panic_fmt": without the hash of
 * the crate, which is another with each compiler. Any other symbol, and one whose name would be without
 * bound, as it is; the caller frees.
 */
char *fl_demangle(const char *symbol);
