// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the accelerator: the first that brings the probe's two vCPUs to the known result
 * before its deadline. Never trusts /dev/kvm's presence, and never waits for a QEMU that even
 * SIGKILL does not end at once: such a one is left to the kernel.
 *
 * <cache>/accel.json: { "auto": { "answer": {name, qemu_version, reason, speed_milli},
 * "inputs": {...} }, ... }; an answer counts only while its inputs are what they were.
 */
#include "vm/accel.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/proc.h"
#include "fl_wire.h"
#include "vm/probe.h"
#include "vm/qemu.h"
#include "vm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define KVM_DEVICE "/dev/kvm"

/* The probe's loop on the reference host, idle, under TCG: what speed_milli 1000 means. */
#define REFERENCE_US 75000.0

/* How long a killed QEMU is waited for: one that hangs in the kernel may not go at all. */
#define REAP_US 300000u

typedef struct {
	const char *name;
	const char *option;
	uint64_t deadline_us;
	bool pause_yields;
	const char *label; /* for sentences */
} Candidate;

static const Candidate candidates[] = {
	{"kvm", "kvm", 1000000, false, "kvm"},
	{"tcg", "tcg,thread=multi", 15000000, true, "tcg with vCPUs that give way"},
	{"tcg", "tcg,thread=multi", 15000000, false, "tcg"},
};

typedef struct {
	const char *qemu;
	const char *pause_plugin;
} Programs;

/* ---- one run of the probe ---- */

typedef struct {
	FlProc *proc;
	bool gone;
	bool abandoned; /* nobody waits: the exit handler frees it */
	int wait_status;
} Run;

static void on_gone(FlProc *proc, int wait_status, gpointer data)
{
	Run *run = data;

	run->gone = true;
	run->wait_status = wait_status;
	if (run->abandoned) {
		fl_proc_free(proc);
		g_free(run);
	}
}

static gboolean on_overdue(gpointer data)
{
	bool *overdue = data;

	*overdue = true;
	return G_SOURCE_REMOVE;
}

/* Only wakes the loop; the flag itself is read there. */
static gboolean on_cancelled(GCancellable *cancel, gpointer data)
{
	(void)cancel;
	(void)data;
	return G_SOURCE_CONTINUE;
}

/* Turns the main loop until the child is gone; false: it is not, after this time. */
static bool wait_gone(Run *run, uint64_t limit_us, GCancellable *cancel)
{
	bool overdue = false;
	g_autoptr(GSource) timer = g_timeout_source_new((guint)(limit_us / 1000));
	g_autoptr(GSource) cancelled = cancel ? g_cancellable_source_new(cancel) : NULL;

	g_source_set_callback(timer, on_overdue, &overdue, NULL);
	g_source_attach(timer, NULL);
	if (cancelled) {
		g_source_set_callback(cancelled, G_SOURCE_FUNC(on_cancelled), NULL, NULL);
		g_source_attach(cancelled, NULL);
	}
	while (!run->gone && !overdue && !g_cancellable_is_cancelled(cancel))
		g_main_context_iteration(NULL, TRUE);
	g_source_destroy(timer);
	if (cancelled)
		g_source_destroy(cancelled);
	return run->gone;
}

static Run *spawn(const Candidate *candidate, const Programs *programs, const char *dir,
		  GError **error)
{
	g_autofree char *image = g_build_filename(dir, "probe.bin", NULL);
	g_autofree char *stderr_path = g_build_filename(dir, "stderr", NULL);
	g_autofree char *console = g_strdup_printf("file,id=out,path=%s/out", dir);
	g_autofree char *exit_device =
		g_strdup_printf("isa-debug-exit,iobase=%#x,iosize=1", FL_WIRE_EXIT_PORT);
	g_autofree char *plugin = fl_qemu_escape(programs->pause_plugin);
	g_autofree char *plugin_option = g_strdup_printf("file=%s", plugin);
	const char *argv[] = {programs->qemu,
			      "-nodefaults",
			      "-no-user-config",
			      "-display",
			      "none",
			      "-no-reboot",
			      "-machine",
			      "pc",
			      "-accel",
			      candidate->option,
			      "-cpu",
			      "qemu64",
			      "-smp",
			      "2",
			      "-m",
			      "16M",
			      "-bios",
			      image,
			      "-chardev",
			      console,
			      "-device",
			      "isa-debugcon,iobase=0xe9,chardev=out",
			      "-device",
			      exit_device,
			      candidate->pause_yields ? "-plugin" : NULL,
			      plugin_option,
			      NULL};
	Run *run = g_new0(Run, 1);
	FlProcSpawn how = {
		.argv = argv, .stderr_path = stderr_path, .on_exit = on_gone, .on_exit_data = run};

	run->proc = fl_proc_spawn(&how, error);
	if (run->proc)
		return run;
	g_free(run);
	return NULL;
}

/* Ends what is still running, within REAP_US. */
static void put_away(Run *run)
{
	if (!run->gone) {
		fl_proc_signal(run->proc, SIGKILL);
		if (!wait_gone(run, REAP_US, NULL)) {
			run->abandoned = true;
			return;
		}
	}
	fl_proc_free(run->proc);
	g_free(run);
}

static bool judge_output(const Run *run, const char *dir, uint64_t *ret_cycles, GError **error)
{
	g_autofree char *out_path = g_build_filename(dir, "out", NULL);
	g_autofree char *stderr_path = g_build_filename(dir, "stderr", NULL);
	g_autofree char *out = NULL, *words = NULL;
	size_t len = 0;
	bool ended = WIFEXITED(run->wait_status) &&
		     WEXITSTATUS(run->wait_status) == 2 * FL_PROBE_EXIT_BYTE + 1;

	if (ended && fl_fs_read(out_path, &out, &len, NULL) &&
	    fl_probe_check((const unsigned char *)out, len, ret_cycles))
		return true;
	if (ended) {
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED,
			    "a two-vCPU payload came to a wrong result");
		return false;
	}
	if (!fl_fs_read(stderr_path, &words, NULL, NULL))
		words = g_strdup("");
	g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED, "QEMU ended early: %s",
		    *g_strstrip(words) ? g_strdelimit(words, "\n\r", ' ') : "without a word");
	return false;
}

static bool run_probe(const Candidate *candidate, const Programs *programs, const char *dir,
		      uint64_t *ret_cycles, GCancellable *cancel, GError **error)
{
	Run *run = spawn(candidate, programs, dir, error);
	bool ok = false;

	if (!run)
		return false;
	if (wait_gone(run, candidate->deadline_us, cancel))
		ok = judge_output(run, dir, ret_cycles, error);
	else if (!g_cancellable_set_error_if_cancelled(cancel, error))
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED,
			    "a two-vCPU payload did not end within %.0f s",
			    (double)candidate->deadline_us / 1e6);
	put_away(run);
	return ok;
}

/* The speed under this accelerator, or why it does not work. */
static bool probe_in(const Candidate *candidate, const Programs *programs, const char *dir,
		     unsigned *ret_speed, GCancellable *cancel, GError **error)
{
	static unsigned char image[FL_PROBE_IMAGE_SIZE];
	g_autofree char *path = g_build_filename(dir, "probe.bin", NULL);
	uint64_t cycles = 0, start_cycles = fl_probe_cycles();
	gint64 start_us = g_get_monotonic_time();
	double cycles_per_us, loop_us;

	fl_probe_image(image);
	if (!fl_fs_write(path, (const char *)image, sizeof(image), error) ||
	    !run_probe(candidate, programs, dir, &cycles, cancel, error))
		return false;
	cycles_per_us = (double)(fl_probe_cycles() - start_cycles) /
			(double)(g_get_monotonic_time() - start_us);
	loop_us = (double)cycles / MAX(cycles_per_us, 1.0);
	*ret_speed = (unsigned)CLAMP(loop_us * 1000.0 / REFERENCE_US, 100.0, 100000.0);
	return true;
}

static bool probe(const Candidate *candidate, const Programs *programs, const char *cache_dir,
		  unsigned *ret_speed, GCancellable *cancel, GError **error)
{
	g_autofree char *dir = NULL;
	bool ok;

	if (strcmp(candidate->name, "kvm") == 0) {
		fl_fd int fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);

		if (fd < 0) {
			g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED,
				    "%s cannot be opened: %s", KVM_DEVICE, g_strerror(errno));
			return false;
		}
	}
	dir = fl_fs_temp_dir(cache_dir, "accel", error);
	if (!dir)
		return false;
	ok = probe_in(candidate, programs, dir, ret_speed, cancel, error);
	if (!fl_fs_remove(dir, NULL))
		g_debug("%s is left behind", dir);
	return ok;
}

/* ---- the cached answer ---- */

static json_t *stat_json(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "path", path, "size", (json_int_t)st.st_size,
			 "mtime_ns",
			 (json_int_t)st.st_mtim.tv_sec * 1000000000 +
				 (json_int_t)st.st_mtim.tv_nsec,
			 "mode", (json_int_t)st.st_mode, "rdev", (json_int_t)st.st_rdev);
}

/* What the answer hangs on. A device's own times change with every use and say nothing. */
static json_t *cache_inputs(const Programs *programs)
{
	json_t *kvm = stat_json(KVM_DEVICE);
	struct utsname host;

	json_object_del(kvm, "mtime_ns");
	uname(&host);
	return json_pack("{s:o, s:o, s:o, s:b, s:s}", "qemu", stat_json(programs->qemu),
			 "pause_plugin", stat_json(programs->pause_plugin), "kvm", kvm,
			 "kvm_usable", access(KVM_DEVICE, R_OK | W_OK) == 0, "host", host.release);
}

static char *ask_version(const char *qemu, GCancellable *cancel, GError **error)
{
	const char *argv[] = {qemu, "--version", NULL};
	FlProcSpec spec = {.argv = argv, .deadline_us = 10 * G_USEC_PER_SEC};
	g_autofree char *output = NULL;

	if (!fl_proc_run(&spec, cancel, &output, error))
		return NULL;
	return g_strndup(output, strcspn(output, "\n"));
}

static FlAccel *accel_new(const char *name, const char *qemu_version, const char *reason,
			  unsigned speed_milli, bool pause_yields)
{
	FlAccel *accel = g_new0(FlAccel, 1);

	accel->name = g_strdup(name);
	accel->qemu_version = g_strdup(qemu_version);
	accel->reason = g_strdup(reason);
	accel->speed_milli = speed_milli;
	accel->pause_yields = pause_yields;
	return accel;
}

static FlAccel *cache_get(const char *path, const char *wanted, const json_t *inputs)
{
	g_autoptr(json_t) cache = fl_json_read(path, NULL);
	json_t *entry = json_object_get(cache, wanted);
	json_t *answer = json_object_get(entry, "answer");
	const char *name = json_string_value(json_object_get(answer, "name"));
	const char *version = json_string_value(json_object_get(answer, "qemu_version"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	json_int_t speed = json_integer_value(json_object_get(answer, "speed_milli"));
	g_autofree char *text = NULL;

	if (!json_equal(json_object_get(entry, "inputs"), inputs) || !name || !version || !reason)
		return NULL;
	if (strcmp(name, "kvm") != 0 && strcmp(name, "tcg") != 0)
		return NULL;
	if (speed < 100 || speed > 100000)
		return NULL;
	text = g_strdup_printf("%s (known from %s)", reason, path);
	return accel_new(name, version, text, (unsigned)speed,
			 json_is_true(json_object_get(answer, "pause_yields")));
}

/* A cache that cannot be written costs a second at the next start and is no error. */
static void cache_put(const char *path, const char *wanted, json_t *inputs, const FlAccel *accel)
{
	g_autoptr(json_t) cache = fl_json_read(path, NULL);
	g_autoptr(GError) error = NULL;

	if (!json_is_object(cache)) {
		json_decref(cache);
		cache = json_object();
	}
	json_object_set_new(cache, wanted,
			    json_pack("{s:O, s:{s:s, s:s, s:s, s:i, s:b}}", "inputs", inputs,
				      "answer", "name", accel->name, "qemu_version",
				      accel->qemu_version, "reason", accel->reason, "speed_milli",
				      (int)accel->speed_milli, "pause_yields",
				      accel->pause_yields));
	if (!fl_json_write(path, cache, &error))
		g_debug("%s", error->message);
}

/* ---- the choice ---- */

static FlAccel *choose(const char *wanted, const Programs *programs, const char *cache_dir,
		       GCancellable *cancel, GError **error)
{
	bool any = strcmp(wanted, "auto") == 0;
	g_autoptr(GString) refused = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
		const Candidate *candidate = &candidates[i];
		g_autoptr(GError) why = NULL;
		g_autofree char *reason = NULL, *version = NULL;
		unsigned speed;

		if (!any && strcmp(wanted, candidate->name) != 0)
			continue;
		if (probe(candidate, programs, cache_dir, &speed, cancel, &why)) {
			reason = g_strdup_printf(
				"%s ran a two-vCPU payload to the right result%s%s",
				candidate->label, refused->len ? "; " : "", refused->str);
			version = ask_version(programs->qemu, cancel, error);
			return version ? accel_new(candidate->name, version, reason, speed,
						   candidate->pause_yields)
				       : NULL;
		}
		if (g_cancellable_set_error_if_cancelled(cancel, error))
			return NULL;
		g_string_append_printf(refused, "%s%s does not work: %s", refused->len ? "; " : "",
				       candidate->label, why->message);
	}
	g_set_error_literal(error, FL_VM_ERROR, FL_VM_ERROR_FAILED, refused->str);
	return NULL;
}

static bool check_wanted(const char *wanted, GError **error)
{
	if (strcmp(wanted, "auto") == 0 || strcmp(wanted, "kvm") == 0 || strcmp(wanted, "tcg") == 0)
		return true;
	g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED,
		    "there is no accelerator \"%s\": it is one of auto, kvm, tcg", wanted);
	return false;
}

FlAccel *fl_accel_choose(const char *wanted, const char *qemu, const char *pause_plugin,
			 const char *cache_dir, GCancellable *cancel, GError **error)
{
	g_autofree char *program = g_find_program_in_path(qemu ? qemu : "qemu-system-x86_64");
	g_autofree char *cache_path = g_build_filename(cache_dir, "accel.json", NULL);
	g_autoptr(json_t) inputs = NULL;
	Programs programs = {program, pause_plugin};
	FlAccel *accel;

	if (!check_wanted(wanted, error))
		return NULL;
	if (!program) {
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING,
			    "%s is not installed or cannot be executed; on Debian: apt-get install "
			    "qemu-system-x86",
			    qemu ? qemu : "qemu-system-x86_64");
		return NULL;
	}
	inputs = cache_inputs(&programs);
	accel = cache_get(cache_path, wanted, inputs);
	if (accel)
		return accel;
	accel = choose(wanted, &programs, cache_dir, cancel, error);
	if (accel)
		cache_put(cache_path, wanted, inputs, accel);
	return accel;
}

void fl_accel_free(FlAccel *accel)
{
	if (!accel)
		return;
	g_free(accel->name);
	g_free(accel->qemu_version);
	g_free(accel->reason);
	g_free(accel);
}
