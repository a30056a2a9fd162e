// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plan files. Keys and their forms are in plan.h; the INI itself is plan/ini's business.
 * Checks what can be checked without touching a kernel: names, numbers, that files exist.
 */
#include "plan/plan.h"

#include "base/fs.h"
#include "plan/ini.h"
#include "plan/plan_private.h"

#include <errno.h>
#include <string.h>

G_DEFINE_QUARK(fl_plan_error_quark, fl_plan_error)

#define MEMORY_MIN_MIB 128u
#define MEMORY_MAX_MIB 65536u

bool fl_plan_fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX, format, args);
	va_end(args);
	return false;
}

static void kernel_free(gpointer data)
{
	FlPlanKernel *kernel = data;

	g_free(kernel->name);
	g_free(kernel->base);
	g_strfreev(kernel->patches);
	g_strfreev(kernel->fragments);
	g_free(kernel->summary);
	g_free(kernel);
}

void fl_plan_free(FlPlan *plan)
{
	if (!plan)
		return;
	g_free(plan->path);
	g_ptr_array_unref(plan->kernels);
	g_ptr_array_unref(plan->programs);
	g_strfreev(plan->tests);
	g_free(plan);
}

typedef struct {
	FlPlan *plan;
	const char *root;
	const char *dir;      /* of the plan itself */
	FlPlanKernel *kernel; /* of the section being read, or NULL */
	FlProgram *program;   /* likewise; both NULL in [plan] */
	bool plan_seen;
} Loader;

static FlPlanKernel *find_kernel(const FlPlan *plan, const char *name)
{
	for (guint i = 0; i < plan->kernels->len; i++) {
		FlPlanKernel *kernel = g_ptr_array_index(plan->kernels, i);

		if (strcmp(kernel->name, name) == 0)
			return kernel;
	}
	return NULL;
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, min, max, &value, NULL))
		return false;
	*ret_value = value;
	return true;
}

bool fl_plan_parse_memory(const char *text, unsigned *ret_mib)
{
	size_t len = strlen(text);
	uint64_t factor = 1, value;
	g_autofree char *digits = g_strdup(text);

	if (len > 1 && strchr("MmGg", text[len - 1])) {
		factor = g_ascii_toupper(text[len - 1]) == 'G' ? 1024 : 1;
		digits[len - 1] = '\0';
	}
	if (!parse_number(digits, 1, MEMORY_MAX_MIB, &value))
		return false;
	value *= factor;
	if (value < MEMORY_MIN_MIB || value > MEMORY_MAX_MIB)
		return false;
	*ret_mib = (unsigned)value;
	return true;
}

/* Paths of a list value, made absolute, appended to what a base kernel gave. */
static bool add_paths(char ***list, const char *value, const char *root, GError **error)
{
	g_auto(GStrv) words = fl_ini_words(value);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_addv(builder, (const char **)*list);
	for (char **word = words; *word; word++) {
		g_autofree char *path = g_canonicalize_filename(*word, root);

		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return fl_plan_fail(error, "%s is not a file", path);
		g_strv_builder_add(builder, path);
	}
	g_strfreev(*list);
	*list = g_strv_builder_end(builder);
	return true;
}

static bool set_base(Loader *loader, const char *value, GError **error)
{
	FlPlanKernel *kernel = loader->kernel;
	const FlPlanKernel *base = find_kernel(loader->plan, value);

	if (!base || base == kernel)
		return fl_plan_fail(error, "base: there is no kernel \"%s\" above this line",
				    value);
	if (*kernel->patches || *kernel->fragments)
		return fl_plan_fail(error, "base must stand before patches and fragments");
	g_free(kernel->base);
	g_strfreev(kernel->patches);
	g_strfreev(kernel->fragments);
	kernel->base = g_strdup(value);
	kernel->patches = g_strdupv(base->patches);
	kernel->fragments = g_strdupv(base->fragments);
	return true;
}

static bool set_default(FlPlanKernel *kernel, const char *value, GError **error)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return fl_plan_fail(error, "default: expected yes or no, found \"%s\"", value);
	kernel->is_default = strcmp(value, "yes") == 0;
	return true;
}

static bool kernel_key(Loader *loader, const char *key, const char *value, GError **error)
{
	FlPlanKernel *kernel = loader->kernel;

	if (strcmp(key, "base") == 0)
		return set_base(loader, value, error);
	if (strcmp(key, "patches") == 0)
		return add_paths(&kernel->patches, value, loader->root, error);
	if (strcmp(key, "fragments") == 0)
		return add_paths(&kernel->fragments, value, loader->root, error);
	if (strcmp(key, "default") == 0)
		return set_default(kernel, value, error);
	if (strcmp(key, "summary") == 0) {
		g_free(kernel->summary);
		kernel->summary = g_strdup(value);
		return true;
	}
	return fl_plan_fail(
		error,
		"unknown key \"%s\" in [kernel %s]; expected base, patches, fragments, default "
		"or summary",
		key, kernel->name);
}

static bool set_cpus(FlPlan *plan, const char *value, GError **error)
{
	g_auto(GStrv) words = fl_ini_words(value);

	plan->n_cpu_counts = 0;
	for (char **word = words; *word; word++) {
		uint64_t number;

		if (!parse_number(*word, 1, FL_PLAN_CPUS_MAX, &number))
			return fl_plan_fail(error, "cpus: expected 1 to %d, found \"%s\"",
					    FL_PLAN_CPUS_MAX, *word);
		for (unsigned i = 0; i < plan->n_cpu_counts; i++)
			if (plan->cpu_counts[i] == number)
				return fl_plan_fail(error, "cpus: %s is given twice", *word);
		plan->cpu_counts[plan->n_cpu_counts++] = (unsigned)number;
	}
	if (!plan->n_cpu_counts)
		return fl_plan_fail(error, "cpus: expected at least one number");
	return true;
}

static bool plan_key(FlPlan *plan, const char *key, const char *value, GError **error)
{
	uint64_t number;

	if (strcmp(key, "tests") == 0) {
		g_strfreev(plan->tests);
		plan->tests = fl_ini_words(value);
		return *plan->tests
			       ? true
			       : fl_plan_fail(error, "tests: expected at least one name or glob");
	}
	if (strcmp(key, "cpus") == 0)
		return set_cpus(plan, value, error);
	if (strcmp(key, "memory") == 0)
		return fl_plan_parse_memory(value, &plan->memory_mib) ||
		       fl_plan_fail(error, "memory: expected 128M to 64G, found \"%s\"", value);
	if (strcmp(key, "seed") == 0)
		return parse_number(value, 0, G_MAXUINT64, &plan->seed) ||
		       fl_plan_fail(error, "seed: expected a whole number, found \"%s\"", value);
	if (strcmp(key, "effort") == 0) {
		if (!parse_number(value, 1, FL_PLAN_EFFORT_MAX, &number))
			return fl_plan_fail(error, "effort: expected 1 to %d, found \"%s\"",
					    FL_PLAN_EFFORT_MAX, value);
		plan->effort = (unsigned)number;
		return true;
	}
	return fl_plan_fail(
		error, "unknown key \"%s\" in [plan]; expected tests, cpus, memory, seed or effort",
		key);
}

/* Kernel names become folder names of the evidence. */
static bool is_kernel_name(const char *name)
{
	return *name && *name != '-' && *name != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       strlen(name);
}

static bool begin_kernel(Loader *loader, const char *name, GError **error)
{
	if (!is_kernel_name(name))
		return fl_plan_fail(error, "\"%s\" is not a kernel name (letters, digits, - _ .)",
				    name);
	if (find_kernel(loader->plan, name))
		return fl_plan_fail(error, "the kernel %s is described twice", name);
	loader->kernel = g_new0(FlPlanKernel, 1);
	loader->kernel->name = g_strdup(name);
	loader->kernel->patches = g_new0(char *, 1);
	loader->kernel->fragments = g_new0(char *, 1);
	loader->kernel->summary = g_strdup("");
	g_ptr_array_add(loader->plan->kernels, loader->kernel);
	return true;
}

static bool begin_program(Loader *loader, const char *name, GError **error)
{
	for (guint i = 0; i < loader->plan->programs->len; i++) {
		const FlProgram *other = g_ptr_array_index(loader->plan->programs, i);

		if (strcmp(other->name, name) == 0)
			return fl_plan_fail(error, "the program %s is described twice", name);
	}
	loader->program = fl_program_new(name, error);
	if (!loader->program)
		return false;
	g_ptr_array_add(loader->plan->programs, loader->program);
	return true;
}

/* The section that ends here has all that it needs. */
static bool end_section(Loader *loader, GError **error)
{
	if (loader->program && !*loader->program->command)
		return fl_plan_fail(error, "[program %s] has no command", loader->program->name);
	loader->kernel = NULL;
	loader->program = NULL;
	return true;
}

static bool begin_section(Loader *loader, const char *section, GError **error)
{
	if (!end_section(loader, error))
		return false;
	if (g_str_has_prefix(section, "program "))
		return begin_program(loader, section + strlen("program "), error);
	if (g_str_has_prefix(section, "kernel "))
		return begin_kernel(loader, section + strlen("kernel "), error);
	if (strcmp(section, "plan") != 0)
		return fl_plan_fail(
			error,
			"unknown section [%s]; expected [plan], [kernel NAME] or [program NAME]",
			section);
	if (loader->plan_seen)
		return fl_plan_fail(error, "[plan] is given twice");
	loader->plan_seen = true;
	return true;
}

static bool on_pair(const char *section, const char *key, const char *value, unsigned line,
		    gpointer data, GError **error)
{
	Loader *loader = data;

	(void)line;
	if (!key)
		return begin_section(loader, section, error);
	if (loader->program)
		return fl_program_set(loader->program, loader->dir, key, value, error);
	return loader->kernel ? kernel_key(loader, key, value, error)
			      : plan_key(loader->plan, key, value, error);
}

static FlPlan *plan_new(const char *path)
{
	FlPlan *plan = g_new0(FlPlan, 1);

	plan->path = g_strdup(path);
	plan->kernels = g_ptr_array_new_with_free_func(kernel_free);
	plan->programs = g_ptr_array_new_with_free_func((GDestroyNotify)fl_program_free);
	plan->tests = g_strsplit("*", " ", -1);
	plan->cpu_counts[plan->n_cpu_counts++] = 4;
	plan->memory_mib = 1024;
	plan->seed = 1;
	plan->effort = 1;
	return plan;
}

FlPlan *fl_plan_parse(const char *text, size_t len, const char *path, const char *root,
		      GError **error)
{
	g_autoptr(FlPlan) plan = plan_new(path);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *dir = g_canonicalize_filename(folder, NULL);
	Loader loader = {.plan = plan, .root = root, .dir = dir};

	if (!fl_ini_parse(text, len, path, on_pair, &loader, error))
		return NULL;
	if (!end_section(&loader, error)) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	if (plan->kernels->len == 0) {
		fl_plan_fail(error, "%s: the plan has no [kernel NAME] section", path);
		return NULL;
	}
	return g_steal_pointer(&plan);
}

FlPlan *fl_plan_load(const char *path, const char *root, GError **error)
{
	g_autofree char *text = NULL;
	size_t len;

	GError *cause = NULL;

	/* For the user a plan that is not there is a wrong plan, not trouble of the harness. */
	if (!fl_fs_read(path, &text, &len, &cause)) {
		g_set_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN,
			    "the plan cannot be read: %s", cause->message);
		g_error_free(cause);
		return NULL;
	}
	return fl_plan_parse(text, len, path, root, error);
}

const FlPlanKernel *fl_plan_kernel(const FlPlan *plan, const char *name, GError **error)
{
	const FlPlanKernel *kernel = find_kernel(plan, name);
	g_autoptr(GString) names = g_string_new(NULL);

	if (kernel)
		return kernel;
	for (guint i = 0; i < plan->kernels->len; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       ((FlPlanKernel *)g_ptr_array_index(plan->kernels, i))->name);
	g_set_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN,
		    "there is no kernel \"%s\" in %s; it has %s", name, plan->path, names->str);
	return NULL;
}
