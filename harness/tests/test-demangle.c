// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of Rust functions.
 */
#include "judge/demangle.h"

#include <glib.h>

/* Pairs of pairs of pairs ...: 2^10 times the first. */
#define LARGE                                                                           \
	"_RINvC1a1fTaaETB7_B7_ETBb_Bb_ETBi_Bi_ETBp_Bp_ETBw_Bw_ETBD_BD_ETBK_BK_ETBR_BR_" \
	"ETBY_BY_ETB15_B15_EE"

static const struct {
	const char *symbol, *name;
} symbols[] = {
	{"_RNvNtCs3o2tGsuHyou_4core9panicking9panic_fmt", "core::panicking::panic_fmt"},
	{"_RNvCsdBezzDwma51_7___rustc17rust_begin_unwind", "__rustc::rust_begin_unwind"},
	{"_RNvXCs9ab_12rust_minimalNtB2_11RustMinimalNtCs3o2_6kernel6Module4init",
	 "<rust_minimal::RustMinimal as kernel::Module>::init"},
	{"_ZN4core9panicking9panic_fmt17h05626cefcc91481dE", "core::panicking::panic_fmt"},
	{"_RINvC1a1fTaaETB7_B7_EE", "a::f::<(i8, i8), ((i8, i8), (i8, i8))>"},
	{LARGE, LARGE},
	{"do_shared_fault", "do_shared_fault"},
	{"_Read", "_Read"},
	{"_RNv", "_RNv"},
	{"", ""},
};

static void names_are_their_programmers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
		g_autofree char *got = fl_demangle(symbols[i].symbol);

		g_assert_cmpstr(got, ==, symbols[i].name);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/demangle/names-are-their-programmers", names_are_their_programmers);
	return g_test_run();
}
