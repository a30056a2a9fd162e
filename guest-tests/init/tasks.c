// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks /proc. Opens stat, stack and wchan only: none of them takes a lock of the process
 * looked at, so a task that holds one for ever cannot take PID 1 with it.
 */
#include "tasks.h"
#include "procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PF_KTHREAD 0x00200000u

/* The comm may hold blanks and parentheses: its end is the last closing one. */
static bool read_stat(const char *path, struct task *task, unsigned *ret_flags)
{
	char text[1024];
	char *open, *close;

	if (!procfs_read(path, text, sizeof(text)))
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	*close = '\0';
	snprintf(task->comm, sizeof(task->comm), "%s", open + 1);
	for (char *c = task->comm; *c; c++)
		if (*c == ' ')
			*c = '_';
	return sscanf(close + 1, " %c %*d %*d %*d %*d %*d %u", &task->state, ret_flags) == 2;
}

/* "[<0>] down_write+0x4b/0x60\n..." or, without stacks, the name in wchan. */
static void read_frame(struct task *task)
{
	char path[64], text[1024];

	snprintf(task->frame, sizeof(task->frame), "?");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stack", task->tgid, task->tid);
	if (procfs_read(path, text, sizeof(text))) {
		char *frame = strstr(text, "] ");

		frame = frame ? frame + 2 : text;
		frame[strcspn(frame, " \n")] = '\0';
		if (*frame)
			snprintf(task->frame, sizeof(task->frame), "%.90s", frame);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", task->tgid, task->tid);
	if (procfs_read(path, text, sizeof(text)) && strcmp(text, "0") != 0)
		snprintf(task->frame, sizeof(task->frame), "%.90s", text);
}

/* The next entry that is a number, or 0. */
static int next_id(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return atoi(entry->d_name);
	return 0;
}

static bool is_user_process(int tgid)
{
	struct task task;
	unsigned flags = 0;
	char path[32];

	if (tgid == 1)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", tgid);
	return read_stat(path, &task, &flags) && !(flags & PF_KTHREAD);
}

unsigned tasks_count_user(bool kill_them)
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;

	if (!proc)
		return 0;
	for (int tgid; (tgid = next_id(proc));) {
		if (!is_user_process(tgid))
			continue;
		n++;
		if (kill_them)
			kill(tgid, SIGKILL);
	}
	closedir(proc);
	return n;
}

static unsigned find_in(int tgid, struct task *found, unsigned room)
{
	char path[64];
	unsigned n = 0, flags;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	tasks = opendir(path);
	if (!tasks)
		return 0;
	for (int tid; n < room && (tid = next_id(tasks));) {
		struct task *task = &found[n];

		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
		task->tgid = tgid;
		task->tid = tid;
		if (!read_stat(path, task, &flags) || task->state != 'D')
			continue;
		read_frame(task);
		n++;
	}
	closedir(tasks);
	return n;
}

unsigned tasks_find_stuck(struct task found[TASKS_STUCK_MAX])
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;

	if (!proc)
		return 0;
	for (int tgid; n < TASKS_STUCK_MAX && (tgid = next_id(proc));)
		if (is_user_process(tgid))
			n += find_in(tgid, found + n, TASKS_STUCK_MAX - n);
	closedir(proc);
	return n;
}

void tasks_report_stuck(struct emit *emit, const struct order *order, const struct task *found,
			unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		emit_printf(emit, FL_WIRE_STUCK, "%u %s %c %d %s %s", order->number, order->name,
			    found[i].state, found[i].tid, found[i].comm, found[i].frame);
}
