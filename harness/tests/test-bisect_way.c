// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/bisect_way: what the runs of the bad end showed ("p" pass, "f" fail, "?" cannot
 * tell), in which way each of them was run ("a" as asked for, "d" deterministically), and what
 * came of it.
 */
#include "flow/bisect_way.h"

#include <string.h>

static const struct {
	const char *name, *shown, *ways;
	bool settled;
	FlBisectWay way;
} cases[] = {
	{"steady", "ff", "aa", true, FL_BISECT_WAY_ASKED},
	{"one-failure-is-not-steady", "f", "a", false, FL_BISECT_WAY_ASKED},
	{"a-pass-first", "pf", "ad", true, FL_BISECT_WAY_DETERMINISTIC},
	{"a-pass-second", "fpf", "aad", true, FL_BISECT_WAY_DETERMINISTIC},
	{"the-third-turn", "pppppf", "adadad", true, FL_BISECT_WAY_DETERMINISTIC},
	{"as-asked-for-in-its-turn", "ppf", "ada", true, FL_BISECT_WAY_ASKED},
	{"no-seed-within-ten", "pppppppppppppppppppp", "adadadadadadadadadad", true,
	 FL_BISECT_WAY_ASKED},
	{"nine-seeds-are-not-all", "ppppppppppppppppppp", "adadadadadadadadada", false,
	 FL_BISECT_WAY_DETERMINISTIC},
	{"cannot-tell-as-asked-for", "?", "a", true, FL_BISECT_WAY_ASKED},
	{"cannot-tell-deterministically", "p?", "ad", true, FL_BISECT_WAY_ASKED},
};

static void test_way(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	FlBisectWays ways = {0};

	for (unsigned n = 0; cases[i].shown[n]; n++) {
		g_assert_false(ways.settled);
		g_assert_cmpint(ways.way, ==,
				cases[i].ways[n] == 'd' ? FL_BISECT_WAY_DETERMINISTIC
							: FL_BISECT_WAY_ASKED);
		fl_bisect_way_tell(&ways, cases[i].shown[n] == 'f'   ? FL_BISECT_FAIL
					  : cases[i].shown[n] == 'p' ? FL_BISECT_PASS
								     : FL_BISECT_CANNOT_TELL);
	}
	g_assert_cmpint(ways.settled, ==, cases[i].settled);
	g_assert_cmpint(ways.way, ==, cases[i].way);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/bisect-way/", cases[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_way);
	}
	return g_test_run();
}
