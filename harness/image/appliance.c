/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only libguestfs caller: recipes in, raw sparse images with one file system each out.
 *
 * The environment of the user has no say (LIBGUESTFS_* and friends are not read), and nothing
 * is written outside the three folders given. QEMU and supermin are children of libguestfs in
 * the process group of the caller, so whoever kills the group leaves none of them behind.
 */
#include "image/appliance.h"

#include <errno.h>
#include <fcntl.h>
#include <guestfs.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "image/image.h"
#include "image/recipe.h"

#define MEMORY_MIB \
	384 /* the least that libguestfs's own default appliance boots well with is 256 */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(guestfs_h, guestfs_close)

static bool fail(GError **error, guestfs_h *g, const char *doing)
{
	const char *cause = guestfs_last_error(g);

	g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "libguestfs, %s: %s", doing,
		    cause ? cause : "no reason given");
	return false;
}

/* Errors are returned, not printed; what the appliance prints goes to standard error. */
static void on_event(guestfs_h *g, void *opaque, uint64_t event, int handle, int flags,
		     const char *text, size_t len, const uint64_t *array, size_t array_len)
{
	ssize_t written;

	(void)g, (void)opaque, (void)event, (void)handle, (void)flags, (void)array, (void)array_len;
	/* A log that cannot be written is not worth failing for. */
	written = write(STDERR_FILENO, text, len);
	(void)written;
}

char *fl_appliance_version(void)
{
	g_autoptr(guestfs_h) g = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT);
	struct guestfs_version *version = g ? guestfs_version(g) : NULL;
	char *text;

	if (!version)
		return g_strdup("unknown");
	text = g_strdup_printf("%d.%d.%d", (int)version->major, (int)version->minor,
			       (int)version->release);
	guestfs_free_version(version);
	return text;
}

static guestfs_h *configure(const FlAppliance *spec, GError **error)
{
	g_autoptr(guestfs_h) g = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT);
	g_autofree char *runtime = g_strdup_printf("XDG_RUNTIME_DIR=%s", spec->scratch);
	char *environment[] = {runtime, NULL};

	if (!g) {
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "libguestfs cannot be started: %s", g_strerror(errno));
		return NULL;
	}
	guestfs_set_error_handler(g, NULL, NULL);
	/* The only way to say where the sockets go. */
	if (guestfs_parse_environment_list(g, environment) == -1 ||
	    guestfs_set_tmpdir(g, spec->scratch) == -1 ||
	    guestfs_set_cachedir(g, spec->cache) == -1 || guestfs_set_backend(g, "direct") == -1 ||
	    guestfs_set_memsize(g, MEMORY_MIB) == -1 || guestfs_set_program(g, "faultline") == -1 ||
	    (spec->force_tcg && guestfs_set_backend_setting(g, "force_tcg", "1") == -1) ||
	    guestfs_set_event_callback(g, on_event,
				       GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_LIBRARY |
					       GUESTFS_EVENT_WARNING,
				       0, NULL) == -1) {
		fail(error, g, "setting up");
		return NULL;
	}
	return g_steal_pointer(&g);
}

/* A bound socket has its path in /proc/net/unix for as long as either end of it lives. */
static bool is_dead(const char *sockets, const char *dir)
{
	g_autofree char *socket = g_build_filename(dir, "guestfsd.sock", NULL);
	struct stat st;

	return lstat(socket, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == geteuid() &&
	       !strstr(sockets, socket);
}

void fl_appliance_sweep(void)
{
	g_autoptr(GDir) tmp = g_dir_open("/tmp", 0, NULL);
	g_autofree char *sockets = NULL;
	const char *name;

	if (!tmp || !g_file_get_contents("/proc/net/unix", &sockets, NULL, NULL))
		return;
	while ((name = g_dir_read_name(tmp))) {
		g_autofree char *dir = g_build_filename("/tmp", name, NULL);
		g_autoptr(GError) ignored = NULL;

		if (g_str_has_prefix(name, "libguestfs") && is_dead(sockets, dir) &&
		    !fl_fs_remove(dir, &ignored))
			g_debug("%s", ignored->message);
	}
}

static char *image_path(const FlAppliance *spec, const FlRecipe *recipe)
{
	return g_strdup_printf("%s/%s.img", spec->to, recipe->name);
}

static bool add_drive(guestfs_h *g, const FlAppliance *spec, const FlRecipe *recipe, GError **error)
{
	g_autofree char *path = image_path(spec, recipe);
	fl_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)recipe->size) != 0) {
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "cannot make %s: %s",
			    path, g_strerror(errno));
		return false;
	}
	/* "unsafe" skips flushes on the way: the image is synced as a whole before it is published. */
	if (guestfs_add_drive_opts(g, path, GUESTFS_ADD_DRIVE_OPTS_FORMAT, "raw",
				   GUESTFS_ADD_DRIVE_OPTS_CACHEMODE, "unsafe",
				   GUESTFS_ADD_DRIVE_OPTS_DISCARD, "besteffort", -1) == -1)
		return fail(error, g, "adding a drive");
	return true;
}

/* Lazy initialisation is off: it would be a kernel thread that writes during the tests. */
static bool make_ext(guestfs_h *g, const char *device, const FlRecipe *recipe, char *uuid)
{
	struct guestfs_mke2fs_argv options = {
		.bitmask = GUESTFS_MKE2FS_FSTYPE_BITMASK | GUESTFS_MKE2FS_LABEL_BITMASK |
			   GUESTFS_MKE2FS_UUID_BITMASK |
			   GUESTFS_MKE2FS_RESERVEDBLOCKSPERCENTAGE_BITMASK |
			   GUESTFS_MKE2FS_LAZYITABLEINIT_BITMASK |
			   GUESTFS_MKE2FS_LAZYJOURNALINIT_BITMASK,
		.fstype = recipe->fs,
		.label = recipe->label,
		.uuid = uuid,
		.reservedblockspercentage = (int32_t)recipe->reserved,
	};

	if (recipe->block_size) {
		options.bitmask |= GUESTFS_MKE2FS_BLOCKSIZE_BITMASK;
		options.blocksize = (int32_t)recipe->block_size;
	}
	if (recipe->journal != FL_RECIPE_DEFAULT) {
		options.bitmask |= GUESTFS_MKE2FS_HASJOURNAL_BITMASK;
		options.hasjournal = recipe->journal == FL_RECIPE_YES;
	}
	return guestfs_mke2fs_argv(g, device, &options) != -1;
}

/* libguestfs makes it without a UUID of ours and sets that afterwards. */
static bool make_xfs(guestfs_h *g, const char *device, const FlRecipe *recipe, const char *uuid)
{
	struct guestfs_mkfs_opts_argv options = {.bitmask = GUESTFS_MKFS_OPTS_LABEL_BITMASK,
						 .label = recipe->label};

	if (recipe->block_size) {
		options.bitmask |= GUESTFS_MKFS_OPTS_BLOCKSIZE_BITMASK;
		options.blocksize = (int)recipe->block_size;
	}
	return guestfs_mkfs_opts_argv(g, "xfs", device, &options) != -1 &&
	       guestfs_set_uuid(g, device, uuid) != -1;
}

static bool make_swap(guestfs_h *g, const char *device, const FlRecipe *recipe, const char *uuid)
{
	return guestfs_mkswap_opts(g, device, GUESTFS_MKSWAP_OPTS_LABEL, recipe->label,
				   GUESTFS_MKSWAP_OPTS_UUID, uuid, -1) != -1;
}

/* Debian has what the appliance needs for XFS in a package of its own. */
static bool check_xfs(guestfs_h *g, const FlRecipe *recipe, GError **error)
{
	char *const groups[] = {(char *)"xfs", NULL};

	if (guestfs_feature_available(g, groups) == 1)
		return true;
	g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING,
		    "disk %s needs XFS in libguestfs's appliance: apt-get install libguestfs-xfs",
		    recipe->name);
	return false;
}

static bool make_fs(guestfs_h *g, const char *device, const FlRecipe *recipe, GError **error)
{
	g_autofree char *uuid = fl_recipe_uuid(recipe);
	g_autofree char *doing = g_strdup_printf("making %s for disk %s", recipe->fs, recipe->name);
	bool ok;

	if (g_str_equal(recipe->fs, "xfs")) {
		if (!check_xfs(g, recipe, error))
			return false;
		ok = make_xfs(g, device, recipe, uuid);
	} else if (g_str_equal(recipe->fs, "swap")) {
		ok = make_swap(g, device, recipe, uuid);
	} else {
		ok = make_ext(g, device, recipe, uuid);
	}
	return ok || fail(error, g, doing);
}

/* What is asked of the file system itself, not of the program that made it. */
static bool check_fs(guestfs_h *g, const char *device, const FlRecipe *recipe, GError **error)
{
	g_autofree char *type = guestfs_vfs_type(g, device);

	if (!type)
		return fail(error, g, "reading back");
	if (g_str_equal(type, recipe->fs))
		return true;
	g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
		    "disk %s should hold %s, but reads back as \"%s\"", recipe->name, recipe->fs,
		    type);
	return false;
}

static bool make_all(guestfs_h *g, const FlAppliance *spec, FlApplianceSayFn say, GError **error)
{
	g_auto(GStrv) devices = guestfs_list_devices(g);

	if (!devices || g_strv_length(devices) != spec->recipes->len)
		return fail(error, g, "listing its drives");
	for (guint i = 0; i < spec->recipes->len; i++) {
		const FlRecipe *recipe = g_ptr_array_index(spec->recipes, i);
		g_autofree char *line =
			g_strdup_printf("disk %s: making %s", recipe->name, recipe->fs);

		say(line);
		if (!make_fs(g, devices[i], recipe, error) ||
		    !check_fs(g, devices[i], recipe, error))
			return false;
	}
	return true;
}

bool fl_appliance_make(const FlAppliance *spec, FlApplianceSayFn say, GError **error)
{
	g_autoptr(guestfs_h) g = configure(spec, error);

	if (!g)
		return false;
	for (guint i = 0; i < spec->recipes->len; i++)
		if (!add_drive(g, spec, g_ptr_array_index(spec->recipes, i), error))
			return false;
	say("disks: starting the libguestfs appliance");
	if (guestfs_launch(g) == -1)
		return fail(error, g, "starting its appliance");
	if (!make_all(g, spec, say, error))
		return false;
	/* Closing alone would drop the error of the last flush. */
	return guestfs_shutdown(g) != -1 || fail(error, g, "shutting down its appliance");
}
