/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk recipes: what is read, what is refused and with which words.
 */
#include "image/recipe.h"

#include <string.h>

static GPtrArray *parse(const char *text, GError **error)
{
	return fl_recipe_parse(text, strlen(text), "disks.ini", error);
}

static void reads_every_key(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) recipes =
		parse("# disks\n[a]\nsize = 2G\nfs = ext2\nblock_size = 1024\n"
		      "label = my disk\nreserved = 5\njournal = no\n"
		      "[b]\nsize=1M\nfs=ext4\n",
		      &error);
	const FlRecipe *a, *b;

	g_assert_no_error(error);
	g_assert_cmpuint(recipes->len, ==, 2);
	a = fl_recipe_find(recipes, "a");
	b = fl_recipe_find(recipes, "b");
	g_assert_cmpuint(a->size, ==, 2ull << 30);
	g_assert_cmpstr(a->fs, ==, "ext2");
	g_assert_cmpuint(a->block_size, ==, 1024);
	g_assert_cmpstr(a->label, ==, "my disk");
	g_assert_cmpuint(a->reserved, ==, 5);
	g_assert_cmpint(a->journal, ==, FL_RECIPE_NO);
	g_assert_cmpstr(b->label, ==, "b");
	g_assert_cmpint(b->journal, ==, FL_RECIPE_DEFAULT);
	g_assert_null(fl_recipe_find(recipes, "c"));
}

static void refuses_with_file_and_line(void)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
		{"[a]\nsize = 8\nfs = ext4\n", "disks.ini:2: size: expected a number with M or G"},
		{"[a]\nsize = 0M\nfs = ext4\n", "disks.ini:2: size"},
		{"[a]\nsize = 17G\nfs = ext4\n", "disks.ini:2: size"},
		{"[a]\nsize = -1M\nfs = ext4\n", "disks.ini:2: size"},
		{"[a]\nsize = 99999999999999999999M\nfs = ext4\n", "disks.ini:2: size"},
		{"[a]\nsize = 18014398509481985G\nfs = ext4\n", "disks.ini:2: size"},
		{"[a]\nsize = 8M\nfs = ntfs\n",
		 "disks.ini:3: fs: expected ext2, ext3, ext4, xfs or swap"},
		{"[a]\nblock_size = 3000\n", "disks.ini:2: block_size"},
		{"[a]\nlabel = a label that is too long\n", "disks.ini:2: label"},
		{"[a]\nlabel =\n", "disks.ini:2: label"},
		{"[a]\nreserved = 51\n", "disks.ini:2: reserved"},
		{"[a]\njournal = maybe\n", "disks.ini:2: journal: expected yes or no"},
		{"[a]\ncolour = red\n", "disks.ini:2: colour: no such key"},
		{"[a]\nsize = 8M\nsize = 8M\n", "disks.ini:3: size is given twice"},
		{"[a]\niops = 0\n", "disks.ini:2: iops: expected requests a second"},
		{"[a]\niops = 200K\n", "disks.ini:2: iops"},
		{"[a]\nbps = 4096\n", "disks.ini:2: bps: expected bytes a second"},
		{"[a]\nbps = 0M\n", "disks.ini:2: bps"},
		{"[a]\nsize = 299M\nfs = xfs\n", "[a] size: mkfs.xfs makes none below 300M"},
		{"[a]\nsize = 300M\nfs = xfs\nlabel = thirteen-char\n", "[a] label: xfs has"},
		{"[a]\nsize = 300M\nfs = xfs\njournal = no\n", "[a] reserved and journal are for"},
		{"[a]\nsize = 8M\nfs = swap\nreserved = 5\n", "[a] reserved and journal are for"},
		{"[a]\nsize = 8M\nfs = swap\nblock_size = 4096\n",
		 "[a] block_size: swap has pages"},
		{"[a]\nsize = 8M\n", "disks.ini:1: [a] has no fs"},
		{"[a]\nfs = ext4\n[b]\n", "[a] has no size"},
		{"[a]\nsize = 8M\nfs = ext2\njournal = yes\n", "[a] journal: ext2 has none"},
		{"[A]\n", "disks.ini:1: [A]: expected a name"},
		{"[../a]\n", "expected a name"},
		{"[a-name-that-is-too-long]\n", "expected a name"},
		{"[a]\nsize = 8M\nfs = ext4\n[a]\n", "disks.ini:4: [a] is there twice"},
		{"size = 8M\n", "disks.ini:1: "},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) recipes = parse(cases[i].text, &error);

		g_assert_null(recipes);
		g_assert_nonnull(error);
		if (!strstr(error->message, cases[i].words))
			g_test_message("%s: found \"%s\"", cases[i].words, error->message);
		g_assert_nonnull(strstr(error->message, cases[i].words));
	}
}

static void its_text_reads_back_the_same(void)
{
	g_autoptr(GPtrArray) recipes = parse("[a]\nfs=ext3\njournal=yes\nsize=1G\n", NULL);
	g_autofree char *text = fl_recipe_text(g_ptr_array_index(recipes, 0));
	g_autoptr(GPtrArray) again = parse(text, NULL);
	g_autofree char *second = fl_recipe_text(g_ptr_array_index(again, 0));

	g_assert_cmpstr(text, ==,
			"[a]\nsize = 1024M\nfs = ext3\nlabel = a\nreserved = 0\njournal = yes\n");
	g_assert_cmpstr(text, ==, second);
}

static void limits_are_no_part_of_the_image(void)
{
	g_autoptr(GPtrArray) recipes = parse("[a]\nfs=ext4\nsize=8M\niops=200\nbps=4M\n", NULL);
	const FlRecipe *recipe = g_ptr_array_index(recipes, 0);
	g_autofree char *text = fl_recipe_text(recipe);

	g_assert_cmpuint(recipe->iops, ==, 200);
	g_assert_cmpuint(recipe->bps, ==, 4 << 20);
	g_assert_cmpstr(text, ==, "[a]\nsize = 8M\nfs = ext4\nlabel = a\nreserved = 0\n");
}

static void its_uuid_follows_the_recipe(void)
{
	g_autoptr(GPtrArray) recipes =
		parse("[a]\nfs=ext4\nsize=8M\n[b]\nfs=ext4\nsize=8M\n", NULL);
	g_autofree char *a = fl_recipe_uuid(g_ptr_array_index(recipes, 0));
	g_autofree char *again = fl_recipe_uuid(g_ptr_array_index(recipes, 0));
	g_autofree char *b = fl_recipe_uuid(g_ptr_array_index(recipes, 1));

	g_assert_true(g_uuid_string_is_valid(a));
	g_assert_cmpstr(a, ==, again);
	g_assert_cmpstr(a, !=, b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/recipe/reads-every-key", reads_every_key);
	g_test_add_func("/recipe/refuses-with-file-and-line", refuses_with_file_and_line);
	g_test_add_func("/recipe/its-text-reads-back-the-same", its_text_reads_back_the_same);
	g_test_add_func("/recipe/limits-are-no-part-of-the-image", limits_are_no_part_of_the_image);
	g_test_add_func("/recipe/its-uuid-follows-the-recipe", its_uuid_follows_the_recipe);
	return g_test_run();
}
