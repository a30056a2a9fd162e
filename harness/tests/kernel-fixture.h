/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of kernel/: a cache in a scratch folder, and a tree that looks like a kernel's and
 * "builds" in milliseconds: two source files, three options, every make target that faultline uses.
 * `<obj>/compiled` gets a line for each file that was compiled.
 */
#pragma once

#include "base/fs.h"
#include "base/proc.h"
#include "kernel/gitrepo.h"
#include "kernel/kcache.h"
#include "kernel/tree.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *scratch, *cache, *tree;
} KernelFixture;

static const char FAKE_MAKEFILE[] =
	"VERSION = 6\nPATCHLEVEL = 12\nsrctree = .\n"
	"tinyconfig:\n\t@mkdir -p $(O); echo '# CONFIG_SMP is not set' > $(O)/.config\n"
	"olddefconfig:\n\t@sh scripts/olddefconfig $(O)/.config\n"
	"$(O)/%.o: mm/%.c\n\t@echo '  CC      mm/$*.o'; sh scripts/cc $(CURDIR)/$< $@ "
	"$(O)/compiled\n"
	"$(O)/vmlinux: $(O)/memory.o $(O)/shmem.o $(O)/.config\n\t@cat $^ > $@\n"
	"bzImage: $(O)/vmlinux\n"
	"\t@mkdir -p $(O)/arch/x86/boot $(O)/include/config; cp $< $(O)/arch/x86/boot/bzImage\n"
	"\t@echo 6.12.0-fake > $(O)/include/config/kernel.release\n"

	"modules:\n\t@test -z '$(M)' || for f in $(M)/*.c; do cp $$f $${f%.c}.ko; done\n"
	"modpost modules_prepare:\n\t@:\n"
	"env:\n\t@env | LC_ALL=C sort\n"
	"die:\n\t@kill -9 $$PPID\n"
	"linger:\n\t@(sleep 1; echo late > $(O)/late) >/dev/null 2>&1 & :\n";

static const char FAKE_KCONFIG[] = "config SMP\n\tbool \"Several\"\n\nconfig TMPFS\n\tbool\n\n"
				   "config NR_CPUS\n\tint \"CPUs\"\n\nconfig NEEDS_MORE\n\tbool\n";

/* Keeps the last word on each known option; NEEDS_MORE never survives. */
static const char FAKE_OLDDEFCONFIG[] =
	"for s in SMP TMPFS NR_CPUS; do\n"
	"  grep -e \"^CONFIG_$s=\" -e \"^# CONFIG_$s is\" \"$1\" | tail -n 1\n"
	"done > \"$1.new\"; mv \"$1.new\" \"$1\"\n";

static const char FAKE_CC[] = "if grep -n BROKEN \"$1\" >/dev/null; then\n"
			      "  echo \"$1:2:1: error: BROKEN undeclared\" >&2; exit 1; fi\n"
			      "cp \"$1\" \"$2\"; echo \"$1\" >> \"$3\"\n";

static const char FAKE_MEMORY[] = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

static inline void put_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_true(fl_fs_mkdir(parent, NULL));
	g_assert_true(fl_fs_write(path, text, strlen(text), NULL));
}

/* The content of a file, NULL when there is none; caller frees. */
static inline char *get_file(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static inline void put_fake_kernel(const char *dir)
{
	put_file(dir, "Makefile", FAKE_MAKEFILE);
	put_file(dir, "Kconfig", FAKE_KCONFIG);
	put_file(dir, "scripts/olddefconfig", FAKE_OLDDEFCONFIG);
	put_file(dir, "scripts/cc", FAKE_CC);
	put_file(dir, "mm/memory.c", FAKE_MEMORY);
	put_file(dir, "mm/shmem.c", "shared\n");
}

static inline void kernel_fixture_setup(KernelFixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->scratch = g_dir_make_tmp("faultline-kernel-XXXXXX", NULL);
	g_assert_nonnull(fixture->scratch);
	fixture->cache = g_build_filename(fixture->scratch, "cache", NULL);
	fixture->tree = g_build_filename(fixture->scratch, "tree", NULL);
	g_assert_true(fl_fs_mkdir(fixture->cache, NULL));
	put_fake_kernel(fixture->tree);
}

static inline void kernel_fixture_teardown(KernelFixture *fixture, gconstpointer data)
{
	(void)data;
	g_assert_true(fl_fs_remove(fixture->scratch, NULL));
	g_free(fixture->scratch);
	g_free(fixture->cache);
	g_free(fixture->tree);
}

/* Runs a command of the user's, in a folder, as a user would. */
static inline void run_in(const char *dir, const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	const char *env[] = {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a",
			     "GIT_AUTHOR_EMAIL=a",	    "GIT_COMMITTER_NAME=a",
			     "GIT_COMMITTER_EMAIL=a",	    NULL};
	g_autoptr(GError) error = NULL;

	if (!fl_proc_run(&(FlProcSpec){.argv = argv, .cwd = dir, .env = env}, NULL, NULL, &error))
		g_error("%s: %s", command, error->message);
}

static inline FlTree fixture_tree(const KernelFixture *fixture)
{
	FlTree tree = {0};
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_tree_folder(fixture->cache, fixture->tree, NULL, &tree, &error));
	g_assert_no_error(error);
	return tree;
}

/* The key of a kernel of the fixture's tree, with the text of a patch or NULL; caller frees. */
static inline char *fixture_kernel(const KernelFixture *fixture, const char *patch_text)
{
	g_autofree char *patch = g_build_filename(fixture->scratch, "fix.patch", NULL);
	g_autofree char *fragment = g_build_filename(fixture->scratch, "a.config", NULL);
	const char *patches[] = {patch_text ? patch : NULL, NULL};
	const char *fragments[] = {fragment, NULL};
	FlKernelSpec spec = {.name = "fake",
			     .tree = fixture->tree,
			     .patches = patches,
			     .fragments = fragments,
			     .cache_dir = fixture->cache,
			     .jobs = 1};
	g_autoptr(GError) error = NULL;
	g_autoptr(FlKernel) kernel = NULL;

	put_file(fixture->scratch, "a.config", "CONFIG_SMP=y\n");
	if (patch_text)
		put_file(fixture->scratch, "fix.patch", patch_text);
	kernel = fl_kcache_get(&spec, NULL, &error);
	g_assert_no_error(error);
	return g_strdup(kernel->key);
}

#define KERNEL_TEST(path, function)                                           \
	g_test_add(path, KernelFixture, NULL, kernel_fixture_setup, function, \
		   kernel_fixture_teardown)
