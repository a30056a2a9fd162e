// SPDX-License-Identifier: GPL-2.0-only
/*
 * A boot to its save point, judged like every guest: its one test is that it got there. What is kept
 * is put in place by one rename(2).
 */
#include "flow/snapshot.h"

#include "base/attic.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "image/initramfs.h"
#include "judge/judge.h"
#include "plan/orders.h"
#include "store/rundir.h"
#include "vm/qemu.h"
#include "vm/tsc.h"

#include <fl_wire.h>
#include <string.h>

#define RECIPE_VERSION 2
#define SAVE_LIMIT_US  (20 * G_USEC_PER_SEC)

/* The rate is measured; a guest does not mind one that is a little off. */
#define TSC_STEP_KHZ 100000u

#define KEPT 40 /* boots; only what the guest touched takes room: about 50 MB */

#define FILE_RAM      "ram"
#define FILE_RAM_HIGH "ram.high"
#define FILE_STATE    "state"
#define FILE_SHA256   "sha256"

/* One boot, up to its end. */
typedef struct {
	const FlSnapshotSpec *spec;
	const char *dir; /* where it all goes */
	char *nonce;
	FlJudge *judge;
	FlVm *vm;
	FlVerdict *verdict; /* once it has ended */
	bool is_ending, is_saved;
	GError *error;
} Boot;

void fl_snapshot_free(FlSnapshot *snapshot)
{
	if (!snapshot)
		return;
	g_free(snapshot->key);
	g_free(snapshot->sha256);
	g_free(snapshot->ram);
	g_free(snapshot->ram_high);
	g_free(snapshot->state);
	g_free(snapshot->console);
	g_free(snapshot);
}

static json_t *key_inputs(const FlSnapshotSpec *spec, unsigned tsc_khz)
{
	g_autofree char *cmdline = fl_qemu_cmdline(spec->machine);
	g_autofree char *board = fl_qemu_board(spec->machine);

	return json_pack("{s:i, s:i, s:O, s:s, s:s, s:i}", "recipe", RECIPE_VERSION, "protocol",
			 FL_WIRE_PROTO, "inputs", spec->inputs, "cmdline", cmdline, "board", board,
			 "tsc", (int)((tsc_khz + TSC_STEP_KHZ / 2) / TSC_STEP_KHZ));
}

char *fl_snapshot_key(const FlSnapshotSpec *spec, unsigned tsc_khz)
{
	g_autoptr(json_t) inputs = key_inputs(spec, tsc_khz);

	return fl_hash_json(inputs);
}

/* One that lacks a file is damaged, and as good as none. */
static bool is_whole(const FlSnapshot *snapshot)
{
	return g_file_test(snapshot->ram, G_FILE_TEST_IS_REGULAR) &&
	       g_file_test(snapshot->state, G_FILE_TEST_IS_REGULAR) &&
	       g_file_test(snapshot->console, G_FILE_TEST_IS_REGULAR);
}

FlSnapshot *fl_snapshot_load(const FlSite *site, const char *key)
{
	g_autofree char *dir = g_build_filename(site->cache_dir, "snapshots", key, NULL);
	g_autofree char *sha256 = g_build_filename(dir, FILE_SHA256, NULL);
	g_autoptr(FlSnapshot) snapshot = g_new0(FlSnapshot, 1);

	/* The key may stand in a file that somebody edited. */
	if (strchr(key, G_DIR_SEPARATOR))
		return NULL;
	snapshot->key = g_strdup(key);
	snapshot->ram = g_build_filename(dir, FILE_RAM, NULL);
	snapshot->ram_high = g_build_filename(dir, FILE_RAM_HIGH, NULL);
	snapshot->state = g_build_filename(dir, FILE_STATE, NULL);
	snapshot->console = g_build_filename(dir, FL_RUNDIR_CONSOLE, NULL);
	if (!is_whole(snapshot) || !fl_fs_read(sha256, &snapshot->sha256, NULL, NULL))
		return NULL;
	fl_attic_mark_used(dir);
	return g_steal_pointer(&snapshot);
}

/* ---- the boot ---- */

/* At its closing statement it is saved; a kernel that died has its say, and nothing is kept. */
static void end_when_told(Boot *boot)
{
	g_autofree char *state = g_build_filename(boot->dir, FILE_STATE, NULL);
	uint64_t grace_us;

	if (boot->is_ending || !fl_judge_wants_stop(boot->judge, &grace_us))
		return;
	boot->is_ending = true;
	boot->is_saved = !grace_us && fl_vm_save(boot->vm, state, SAVE_LIMIT_US, &boot->error);
	fl_vm_stop(boot->vm, FL_ENDING_STOPPED, grace_us);
}

static void on_bytes(FlVmPort port, const char *bytes, size_t len, uint64_t t_us, gpointer data)
{
	Boot *boot = data;

	(void)t_us;
	if (port == FL_VM_CONSOLE)
		fl_judge_console(boot->judge, bytes, len);
	else
		fl_judge_wire(boot->judge, bytes, len);
	/* Before fl_vm_start has returned there is nothing to save yet. */
	if (boot->vm)
		end_when_told(boot);
}

static void on_end(const FlVmEnd *end, gpointer data)
{
	Boot *boot = data;

	boot->verdict = fl_judge_end(boot->judge, end->kind, end->detail);
}

static gboolean on_cancel(GCancellable *cancel, gpointer data)
{
	Boot *boot = data;

	(void)cancel;
	fl_vm_stop(boot->vm, FL_ENDING_CANCELLED, 0);
	return G_SOURCE_REMOVE;
}

static void wait_for_end(Boot *boot)
{
	GCancellable *cancel = boot->spec->site->cancel;
	g_autoptr(GSource) cancelled = cancel ? g_cancellable_source_new(cancel) : NULL;

	if (cancelled) {
		g_source_set_callback(cancelled, (GSourceFunc)(void (*)(void))on_cancel, boot,
				      NULL);
		g_source_attach(cancelled, NULL);
	}
	while (!boot->verdict)
		g_main_context_iteration(NULL, TRUE);
	if (cancelled)
		g_source_destroy(cancelled);
}

static bool make_judge(Boot *boot, GError **error)
{
	static const char *const tests[] = {FL_WIRE_BOOT, NULL};
	const FlSite *site = boot->spec->site;
	g_autofree char *rules = fl_site_path(site, "configs/splats");
	FlJudgeSpec spec = {
		.tests = tests, .nonce = boot->nonce, .rules_dir = rules, .today = site->today};

	boot->judge = fl_judge_new(&spec, error);
	return boot->judge != NULL;
}

static bool write_initrd(const Boot *boot, const char *path, GError **error)
{
	FlOrders orders = {.nonce = boot->nonce,
			   .time_scale_milli = 1000,
			   .effort = 1,
			   .deterministic = boot->spec->machine->deterministic,
			   .save = true};
	g_autofree char *text = fl_orders_text(&orders);

	return fl_initramfs_with_orders(boot->spec->initramfs, text, path, error);
}

static bool start(Boot *boot, unsigned tsc_khz, GError **error)
{
	g_autofree char *initrd = g_build_filename(boot->dir, FL_RUNDIR_INITRD, NULL);
	g_autofree char *ram = g_build_filename(boot->dir, FILE_RAM, NULL);
	g_autofree char *ram_high = g_build_filename(boot->dir, FILE_RAM_HIGH, NULL);
	g_autofree char *console = g_build_filename(boot->dir, FL_RUNDIR_CONSOLE, NULL);
	g_autofree char *wire = g_build_filename(boot->dir, FL_RUNDIR_WIRE, NULL);
	g_autofree char *qemu_log = g_build_filename(boot->dir, FL_RUNDIR_QEMU, NULL);
	g_autofree char *command = g_build_filename(boot->dir, FL_RUNDIR_COMMAND, NULL);
	FlVmFork files = {.ram = ram, .ram_high = ram_high};
	FlVmSpec spec = *boot->spec->machine;

	spec.tsc_khz = tsc_khz;
	spec.initrd = initrd;
	spec.fork = &files;
	spec.console_path = console;
	spec.wire_path = wire;
	spec.stderr_path = qemu_log;
	spec.command_path = command;
	if (!write_initrd(boot, initrd, error))
		return false;
	boot->vm = fl_vm_start(&spec, on_bytes, on_end, boot, error);
	return boot->vm != NULL;
}

static void boot_clear(Boot *boot)
{
	fl_vm_free(boot->vm);
	fl_judge_free(boot->judge);
	fl_verdict_free(boot->verdict);
	g_free(boot->nonce);
	g_clear_error(&boot->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Boot, boot_clear)

/* A boot that got to its save point, is proved to be good and is saved; else *ret_why or an error. */
static bool boot_once(const FlSnapshotSpec *spec, const char *key, const char *dir,
		      unsigned tsc_khz, char **ret_why, GError **error)
{
	g_auto(Boot) boot = {.spec = spec, .dir = dir};

	boot.nonce = fl_orders_nonce(key, FL_WIRE_BOOT, 0);
	if (!make_judge(&boot, error) || !start(&boot, tsc_khz, error))
		return false;
	wait_for_end(&boot);
	if (g_cancellable_set_error_if_cancelled(spec->site->cancel, error))
		return false;
	if (boot.verdict->kind != FL_VERDICT_PASS) {
		*ret_why = g_strdup(boot.verdict->reason);
		return true;
	}
	if (boot.is_saved)
		return true;
	g_propagate_error(error, g_steal_pointer(&boot.error));
	return false;
}

/* ---- the cache ---- */

/*
 * The instant at which a boot was saved is the host's: two of one key are not the same, and guests
 * that go on from them are not. This tells them apart.
 */
static char *identify(const char *dir, GError **error)
{
	static const char *const names[] = {FILE_RAM, FILE_RAM_HIGH, FILE_STATE, FL_RUNDIR_CONSOLE};
	g_autoptr(json_t) hashes = json_object();

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(dir, names[i], NULL);
		g_autofree char *hash = NULL;

		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			continue;
		/* A memory that a crash of the host tore would look like a crash of the kernel. */
		hash = fl_fs_sync(path, error) ? fl_hash_file(path, error) : NULL;
		if (!hash)
			return NULL;
		json_object_set_new(hashes, names[i], json_string(hash));
	}
	return fl_hash_json(hashes);
}

/* A folder of that name that could not be loaded is damaged: it makes room. */
static bool publish(const FlSnapshotSpec *spec, const char *fresh, const char *final,
		    unsigned tsc_khz, GError **error)
{
	g_autofree char *path = g_build_filename(fresh, FL_RUNDIR_INPUTS, NULL);
	g_autofree char *initrd = g_build_filename(fresh, FL_RUNDIR_INITRD, NULL);
	g_autofree char *sha256_path = g_build_filename(fresh, FILE_SHA256, NULL);
	g_autofree char *sha256 = identify(fresh, error);
	g_autoptr(json_t) inputs = key_inputs(spec, tsc_khz);

	return sha256 && fl_fs_write(sha256_path, sha256, strlen(sha256), error) &&
	       fl_fs_remove(initrd, error) && fl_json_write(path, inputs, error) &&
	       fl_fs_remove(final, error) && fl_fs_rename(fresh, final, error);
}

static bool make(const FlSnapshotSpec *spec, const char *snapshots, const char *key,
		 unsigned tsc_khz, char **ret_why, GError **error)
{
	g_autofree char *final = g_build_filename(snapshots, key, NULL);
	g_autofree char *fresh = g_build_filename(snapshots, "new", NULL);
	bool ok;

	/* One at a time, under the lock; it may be left from a process that was killed. */
	if (!fl_fs_remove(fresh, error) || !fl_fs_mkdir(fresh, error))
		return false;
	fl_log_step("kernel %s: boots once, to go on from there", spec->name);
	ok = boot_once(spec, key, fresh, tsc_khz, ret_why, error) &&
	     (*ret_why || publish(spec, fresh, final, tsc_khz, error));
	if (!fl_fs_remove(fresh, ok ? error : NULL))
		ok = false;
	return ok;
}

static void on_wait(gpointer data)
{
	(void)data;
	fl_log_live("snapshots: another process is making one");
}

static bool make_under_lock(const FlSnapshotSpec *spec, const char *snapshots, const char *key,
			    unsigned tsc_khz, FlSnapshot **ret_snapshot, char **ret_why,
			    GError **error)
{
	g_autofree char *path = g_build_filename(snapshots, "lock", NULL);
	g_autoptr(FlFsLock) lock = fl_fs_lock(path, on_wait, NULL, spec->site->cancel, error);

	if (!lock)
		return false;
	*ret_snapshot = fl_snapshot_load(spec->site, key);
	if (*ret_snapshot)
		return true;
	if (!make(spec, snapshots, key, tsc_khz, ret_why, error))
		return false;
	*ret_snapshot = fl_snapshot_load(spec->site, key);
	fl_attic_trim(snapshots, KEPT);
	return true;
}

bool fl_snapshot_get(const FlSnapshotSpec *spec, FlSnapshot **ret_snapshot, char **ret_why,
		     GError **error)
{
	g_autofree char *snapshots = g_build_filename(spec->site->cache_dir, "snapshots", NULL);
	unsigned tsc_khz = spec->machine->deterministic ? FL_TSC_ICOUNT_KHZ : fl_tsc_khz();
	g_autofree char *key = fl_snapshot_key(spec, tsc_khz);

	*ret_why = NULL;
	*ret_snapshot = fl_snapshot_load(spec->site, key);
	if (*ret_snapshot)
		return true;
	return fl_fs_mkdir(snapshots, error) &&
	       make_under_lock(spec, snapshots, key, tsc_khz, ret_snapshot, ret_why, error);
}
