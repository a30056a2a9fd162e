// SPDX-License-Identifier: GPL-2.0-only
/*
 * From each blocked task to its lock, and from lock to holder until the chain ends or closes.
 * Which lock it is and who holds it is lockwait's to find.
 */
#include "judge/blocked.h"

#include "judge/stack.h"

static void blocked_free(gpointer data)
{
	FlBlocked *blocked = data;

	g_strfreev(blocked->frames);
	fl_lockwait_free(blocked->wait);
	g_free(blocked);
}

GPtrArray *fl_blocked_find(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(blocked_free);

	for (guint i = 0; i < tasks->len; i++) {
		const FlGuestTask *task = tasks->pdata[i];
		FlBlocked *blocked;

		if (task->state != 'D')
			continue;
		blocked = g_new0(FlBlocked, 1);
		blocked->task = task;
		blocked->frames = fl_guesttask_stack(image, memory, task);
		blocked->wait = fl_lockwait_find(image, memory, tasks, task, blocked->frames);
		g_ptr_array_add(all, blocked);
	}
	return all;
}

const FlBlocked *fl_blocked_telling(const GPtrArray *blocked)
{
	const FlBlocked *best = NULL;

	for (guint i = 0; blocked && i < blocked->len; i++) {
		const FlBlocked *one = blocked->pdata[i];
		int rank = 2 * !!one->wait + !one->task->kernel_thread;

		if (!best || rank > 2 * !!best->wait + !best->task->kernel_thread)
			best = one;
	}
	return best;
}

/* ---- one wait in words ---- */

/* The function that sleeps, below the scheduler and the lock's own code. */
static char *sleeps_in(char **frames)
{
	static const char *const machinery[] = {
		"__schedule", "schedule", "preempt_schedule", "io_schedule", "rwsem_",	 "down_",
		"__down",     "__mutex",  "mutex_",	      "__ww_mutex",  "ww_mutex", "__switch",
		"0x"};

	for (; *frames; frames++) {
		g_autofree char *name = fl_stack_function(*frames);
		bool skip = false;

		for (size_t i = 0; i < G_N_ELEMENTS(machinery); i++)
			skip = skip || g_str_has_prefix(name, machinery[i]);
		if (!skip)
			return g_steal_pointer(&name);
	}
	return g_strdup("the scheduler");
}

char *fl_blocked_sentence(const FlBlocked *blocked)
{
	g_autofree char *name = fl_guesttask_name(blocked->task);
	g_autofree char *in = sleeps_in(blocked->frames);

	if (!blocked->wait)
		return g_strdup_printf("task %s sleeps in %s for something that is no lock", name,
				       in);
	return g_strdup_printf("task %s waits in %s for %s, %s%s%s", name, in, blocked->wait->name,
			       blocked->wait->held, blocked->wait->taken_in ? "; taken in " : "",
			       blocked->wait->taken_in ? blocked->wait->taken_in : "");
}

/* ---- along the holders ---- */

/* The holder of what this one waits for, if it is blocked itself. */
static const FlBlocked *holder_of(const GPtrArray *all, const FlBlocked *blocked)
{
	for (guint i = 0; blocked->wait->owner && i < all->len; i++) {
		const FlBlocked *other = all->pdata[i];

		if (other->task == blocked->wait->owner)
			return other;
	}
	return NULL;
}

/* From one that waits along the holders to the one where it ends; ret_circle: it never does. */
static const FlBlocked *root_of(const GPtrArray *all, const FlBlocked *from, bool *ret_circle)
{
	const FlBlocked *at = from;

	*ret_circle = false;
	for (guint i = 0; i <= all->len; i++) {
		const FlBlocked *next = holder_of(all, at);

		if (!next || !next->wait)
			return at;
		at = next;
	}
	*ret_circle = true;
	return at;
}

static char *circle_sentence(const GPtrArray *all, const FlBlocked *from)
{
	GString *out = g_string_new(NULL);
	const FlBlocked *at = from;

	do {
		g_autofree char *sentence = fl_blocked_sentence(at);

		g_string_append_printf(out, "%s%s", out->len ? "; " : "", sentence);
		at = holder_of(all, at);
	} while (at && at->wait && at != from);
	return g_string_free(out, FALSE);
}

/* Whether the holder of a lock could still give it back: it runs, or sleeps for something else. */
static bool can_release(const FlLockwait *wait, const FlGuestTask *waiter)
{
	return wait->owner && wait->owner != waiter && !wait->owner_is_reader;
}

bool fl_blocked_for_ever(const GPtrArray *blocked, const FlBlocked *from, char **ret_sentence)
{
	bool circle;
	const FlBlocked *root = root_of(blocked, from, &circle);

	*ret_sentence = circle ? circle_sentence(blocked, root) : fl_blocked_sentence(root);
	return circle || !can_release(root->wait, root->task);
}
